import { ok, type RouteTable } from '../call.ts';
import { AppError } from '../errors.ts';

/** What answers without a session. */
export const systemRoutes: RouteTable = {
  'GET /system/ping': () => ok({ status: 'OK' }),
  'GET /websocket': () => {
    // A request that asks for an upgrade never gets here: see event-hub.ts.
    throw new AppError(400, 'api.web_socket.connect.upgrade.app_error', 'Not a WebSocket handshake.');
  },
};
