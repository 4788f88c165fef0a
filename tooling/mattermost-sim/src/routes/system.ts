import { ok, type RouteTable } from '../call.ts';
import { AppError } from '../errors.ts';

/** What answers without a session or is left out. */
export const systemRoutes: RouteTable = {
  'GET /system/ping': () => ok({ status: 'OK' }),
  'GET /websocket': () => {
    throw new AppError(501, 'api.web_socket.connect.upgrade.app_error', 'The simulator has no WebSocket.');
  },
};
