import { createMattermostApi, type MattermostApi } from '@live-status/mm-poster';
import {
  type CheckResult,
  checkMattermost,
  type MattermostQuestions,
  type Secret,
  type SettingsReading,
} from '@live-status/operations';

/** A doctor does not wait long for a server that does not answer. */
const TIMEOUT_MS = 5_000;

/** Everything about Mattermost: server, token and default channel. */
export async function examineMattermost({ sound }: SettingsReading): Promise<readonly CheckResult[]> {
  const { mmUrl: url, mmToken: token, defaultChannel } = sound;
  if (url === undefined || token === undefined) {
    const missing = [url ?? 'MM_URL', token ?? 'MM_TOKEN'].filter((part) => part === 'MM_URL' || part === 'MM_TOKEN');
    const cure = 'set them, or channels.mattermost in openclaw.json';
    return [{ name: 'Mattermost', state: 'fail', found: `cannot be asked without ${missing.join(' and ')}`, cure }];
  }
  return ask({ url, token }, (api) => checkMattermost(url, questionsTo(api), defaultChannel));
}

async function ask<T>(
  { url, token }: { readonly url: string; readonly token: Secret },
  question: (api: MattermostApi) => Promise<T>,
): Promise<T> {
  const api = createMattermostApi({ url, token: token.reveal(), timeoutMs: TIMEOUT_MS });
  try {
    return await question(api);
  } finally {
    await api.close();
  }
}

function questionsTo(api: MattermostApi): MattermostQuestions {
  let serverVersion: string | undefined;
  api.onAnswer((answer) => {
    serverVersion = answer.serverVersion ?? serverVersion;
  });
  return {
    warnings: api.warnings,
    serverVersion: () => serverVersion,
    ping: () => api.ping(),
    getMe: () => api.getMe(),
    isMember: (channelId) => api.isMember(channelId),
    async findChannel(name) {
      if ('channelId' in name) return api.getChannel(name.channelId);
      if ('channel' in name) {
        const [team = '', channel = ''] = name.channel.split('/');
        return api.getChannelByName(team, channel);
      }
      const [me, user] = [await api.getMe(), await api.getUserByUsername(name.username)];
      return api.createDirectChannel([me.id, user.id]);
    },
  };
}
