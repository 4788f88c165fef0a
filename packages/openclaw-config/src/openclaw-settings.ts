/** What Live Status does with one setting of OpenClaw. */
export interface OpenClawSetting {
  /** What it decides: where OpenClaw's files are, where sessions are, which gateway, or which Mattermost. */
  readonly decides: 'files' | 'sessions' | 'gateway' | 'Mattermost';
  /** `followed`: read as OpenClaw reads it. `no need`: nothing depends on it. `not followed`: what to do instead is in `how`. */
  readonly use: 'followed' | 'no need' | 'not followed';
  /** What is done with it, Markdown. */
  readonly how: string;
}

const AGENT_FOLDERS = 'Agents are found by their folders and by the keys of their sessions.';
const KEYS = 'It decides the keys of sessions. Keys are taken as OpenClaw writes them.';
const SECRET = 'What kind of secret the gateway asks for decides which one is sent.';
const REMOTE_SECRET = 'Used for a gateway elsewhere, and for the one here if nothing else has a secret.';
const TUNNEL = 'OpenClaw or its macOS app opens the tunnel; the address in `gateway.remote.url` is used.';
const LOOPBACK = 'A gateway also listens on loopback, whatever this says; it is addressed there.';
const SERVER_SIDE = 'Only the gateway itself needs it.';

/**
 * Every setting of OpenClaw that decides where sessions, the gateway or Mattermost are found (its documents of 2026.9.6:
 * help/environment, gateway/config-gateway, gateway/remote, gateway/config-secrets-env, gateway/multiple-gateways,
 * channels/mattermost, channels/channel-routing), and what is done with it. Paths of openclaw.json are in lower case, variables
 * of the environment in capitals. It imports nothing, so that checks can read it without a build.
 */
export const OPENCLAW_SETTINGS: Readonly<Record<string, OpenClawSetting>> = {
  OPENCLAW_CONFIG_PATH: { decides: 'files', use: 'followed', how: 'The configuration that is read.' },
  OPENCLAW_STATE_DIR: { decides: 'files', use: 'followed', how: "OpenClaw's folder." },
  OPENCLAW_HOME: { decides: 'files', use: 'followed', how: 'What `~` and the default folder start from.' },
  OPENCLAW_PROFILE: {
    decides: 'files',
    use: 'followed',
    how: 'The folder and the port of that profile, if its folder exists. `--profile` and `--dev` put both into the environment of the gateway, and so of the hook.',
  },
  OPENCLAW_INCLUDE_ROOTS: {
    decides: 'files',
    use: 'no need',
    how: 'Included files are read wherever they are; OpenClaw does not start with one that it may not read.',
  },
  $include: { decides: 'files', use: 'followed', how: 'Read like the configuration itself, 10 levels deep.' },
  'env.vars': {
    decides: 'files',
    use: 'followed',
    how: "Variables, after those of the process and of `.env` in OpenClaw's folder.",
  },
  'env.shellEnv.enabled': {
    decides: 'files',
    use: 'not followed',
    how: 'No login shell is run. The hook gets what the gateway got; elsewhere, set the variables themselves.',
  },
  'secrets.providers': {
    decides: 'files',
    use: 'followed',
    how: 'References to variables and files. A command (`exec`) is not run and the secret store (`store`) not opened: the hook gets these secrets from the gateway; elsewhere, set the variable of Live Status that the warning names.',
  },
  'secrets.defaults': { decides: 'files', use: 'followed', how: 'The provider of references that name none.' },
  'session.store': {
    decides: 'sessions',
    use: 'followed',
    how: 'Catalogs elsewhere, one for each agent (`{agentId}`) or one for all, up to 2026.7. `TRANSCRIPT_DIR` or `SESSIONS_JSON` replace it. From 2026.8 the gateway finds its database.',
  },
  'session.scope': { decides: 'sessions', use: 'no need', how: KEYS },
  'session.dmScope': { decides: 'sessions', use: 'no need', how: KEYS },
  'session.mainKey': { decides: 'sessions', use: 'no need', how: KEYS },
  'session.identityLinks': {
    decides: 'sessions',
    use: 'no need',
    how: 'A key may then have the name of a person instead of an id: where to post is taken from the delivery context of the session, never from its key.',
  },
  'agents.list': { decides: 'sessions', use: 'no need', how: AGENT_FOLDERS },
  'agents.list.agentDir': {
    decides: 'sessions',
    use: 'no need',
    how: 'It moves credentials and the database of 2026.8 and later, not transcripts. The gateway is asked for what is in the database.',
  },
  OPENCLAW_AGENT_DIR: { decides: 'sessions', use: 'no need', how: 'As `agents.list.agentDir`.' },
  'agents.defaults.workspace': { decides: 'sessions', use: 'no need', how: 'Files of agents; never read.' },
  'gateway.mode': {
    decides: 'gateway',
    use: 'followed',
    how: '`remote`: the gateway of `gateway.remote.url` is followed, whatever transcripts are here.',
  },
  'gateway.port': { decides: 'gateway', use: 'followed', how: 'After `OPENCLAW_GATEWAY_PORT`; else 18789.' },
  OPENCLAW_GATEWAY_PORT: {
    decides: 'gateway',
    use: 'followed',
    how: 'The gateway writes the port it really has into its own environment, which the hook passes on.',
  },
  OPENCLAW_GATEWAY_URL: {
    decides: 'gateway',
    use: 'followed',
    how: 'Wins over everything else. A gateway that only it names gets no secret of the configuration, as with OpenClaw: set `OPENCLAW_GATEWAY_TOKEN` or `OPENCLAW_GATEWAY_PASSWORD` as well.',
  },
  'gateway.bind': { decides: 'gateway', use: 'no need', how: LOOPBACK },
  'gateway.customBindHost': { decides: 'gateway', use: 'no need', how: LOOPBACK },
  'gateway.tailscale.mode': { decides: 'gateway', use: 'no need', how: LOOPBACK },
  'gateway.publicOrigin': {
    decides: 'gateway',
    use: 'no need',
    how: 'The gateway itself says where its Control UI is; posts link there only then.',
  },
  'gateway.auth.mode': { decides: 'gateway', use: 'followed', how: SECRET },
  'gateway.auth.token': {
    decides: 'gateway',
    use: 'followed',
    how: 'Before `OPENCLAW_GATEWAY_TOKEN` of `.env` and `gateway.remote.token`; after the variable of the process itself.',
  },
  'gateway.auth.password': { decides: 'gateway', use: 'followed', how: 'In the same way. Also for `trusted-proxy`.' },
  OPENCLAW_GATEWAY_TOKEN: {
    decides: 'gateway',
    use: 'followed',
    how: 'In the environment of Live Status it wins. In the environment of the gateway the hook leaves it behind if the configuration has one, because it may be outdated.',
  },
  OPENCLAW_GATEWAY_PASSWORD: { decides: 'gateway', use: 'followed', how: 'In the same way.' },
  'gateway.auth.trustedProxy': {
    decides: 'gateway',
    use: 'no need',
    how: 'Programs on the same host log in with `gateway.auth.password`.',
  },
  'gateway.nodes.pairing.autoApproveLocal': {
    decides: 'gateway',
    use: 'no need',
    how: 'When it is off, `openclaw devices approve` is needed once also on the same host; health and doctor say so.',
  },
  'gateway.remote.url': { decides: 'gateway', use: 'followed', how: 'If `gateway.mode` is `remote`.' },
  'gateway.remote.token': { decides: 'gateway', use: 'followed', how: REMOTE_SECRET },
  'gateway.remote.password': { decides: 'gateway', use: 'followed', how: REMOTE_SECRET },
  'gateway.remote.tlsFingerprint': {
    decides: 'gateway',
    use: 'followed',
    how: 'The one certificate that is accepted, if `gateway.mode` is `remote`.',
  },
  'gateway.remote.edgeAuth': {
    decides: 'gateway',
    use: 'not followed',
    how: 'The headers for an identity-aware proxy are not sent: use a tunnel past it, and its address in `gateway.remote.url`.',
  },
  'gateway.remote.transport': { decides: 'gateway', use: 'no need', how: TUNNEL },
  'gateway.remote.sshTarget': { decides: 'gateway', use: 'no need', how: TUNNEL },
  'gateway.remote.remotePort': { decides: 'gateway', use: 'no need', how: TUNNEL },
  'gateway.tls.enabled': { decides: 'gateway', use: 'followed', how: '`wss://` instead of `ws://`.' },
  'gateway.tls.certPath': {
    decides: 'gateway',
    use: 'followed',
    how: "The gateway's certificate is accepted as it is in that file, else in `gateway/tls/gateway-cert.pem` of OpenClaw's folder. It is read for every connection, because it may be renewed. If it cannot be read, the system decides.",
  },
  'gateway.tls.autoGenerate': { decides: 'gateway', use: 'no need', how: SERVER_SIDE },
  'gateway.tls.keyPath': { decides: 'gateway', use: 'no need', how: SERVER_SIDE },
  'gateway.tls.caPath': { decides: 'gateway', use: 'no need', how: SERVER_SIDE },
  OPENCLAW_ALLOW_INSECURE_PRIVATE_WS: {
    decides: 'gateway',
    use: 'no need',
    how: "OpenClaw's client library reads it from the daemon's environment.",
  },
  'channels.mattermost.enabled': { decides: 'Mattermost', use: 'followed', how: '`false`: nothing is taken from it.' },
  'channels.mattermost.baseUrl': {
    decides: 'Mattermost',
    use: 'followed',
    how: 'After `MM_URL` and `MATTERMOST_URL`.',
  },
  'channels.mattermost.botToken': {
    decides: 'Mattermost',
    use: 'followed',
    how: 'After `MM_TOKEN` and `MATTERMOST_BOT_TOKEN`.',
  },
  'channels.mattermost.accounts': {
    decides: 'Mattermost',
    use: 'followed',
    how: 'Address and token of each bot.',
  },
  'channels.mattermost.defaultAccount': {
    decides: 'Mattermost',
    use: 'followed',
    how: 'The account of conversations that name none.',
  },
};
