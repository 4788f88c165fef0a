import { type Answer, type Call, ok, type RouteTable } from '../call.ts';
import { AppError } from '../errors.ts';

/** What answers without a session. */
export const systemRoutes: RouteTable = {
  'GET /system/ping': ({ query }) =>
    ok({
      status: 'OK',
      ...(query.get_server_status === 'true' ? { database_status: 'OK', filestore_status: 'OK' } : {}),
    }),
  'GET /config/client': clientConfig,
  'GET /websocket': () => {
    // A request that asks for an upgrade never gets here: see event-hub.ts.
    throw new AppError(400, 'api.web_socket.connect.upgrade.app_error', 'Not a WebSocket handshake.');
  },
};

/** The settings a client may know, all of them text; more of them to whoever has a session. */
function clientConfig({ query, session, world: { settings } }: Call): Answer {
  if (query.format !== 'old') {
    throw new AppError(
      400,
      'api.config.client.old_format.app_error',
      'New format for the client configuration is not supported yet.',
    );
  }
  const forAll = { Version: settings.version, SiteURL: '' };
  if (session === undefined) return ok(forAll);
  return ok({
    ...forAll,
    PostEditTimeLimit: String(settings.editTimeLimitS),
    MaxPostSize: String(settings.maxMessageRunes),
    EnableLinkPreviews: 'true',
  });
}
