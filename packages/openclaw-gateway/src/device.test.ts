import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@live-status/resilience';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Device, findPairedDevice } from './device.ts';

const GATEWAY = 'ws://127.0.0.1:18789';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'live-status-device-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

describe('findPairedDevice', () => {
  it('names the device and its gateways once one issued a token, and none before or after', () => {
    const device = Device.open(stateDir, silentLog);
    const { loadDeviceAuthToken: _, storeDeviceAuthToken, clearDeviceAuthToken } = device.hostDeps(GATEWAY);
    const { deviceId } = device.identity;
    expect(findPairedDevice(stateDir)).toBeUndefined();
    storeDeviceAuthToken?.({ deviceId, role: 'operator', token: 'issued', scopes: [] });
    expect(findPairedDevice(stateDir)).toEqual({ id: deviceId, gateways: [GATEWAY] });
    clearDeviceAuthToken?.({ deviceId, role: 'operator' });
    expect(findPairedDevice(stateDir)).toBeUndefined();
  });

  it('only reads: a file that cannot be understood stays, and none is made', () => {
    expect(findPairedDevice(join(stateDir, 'nowhere'))).toBeUndefined();
    writeFileSync(join(stateDir, 'gateway-device.json'), '{ "tokens": ');
    expect(findPairedDevice(stateDir)).toBeUndefined();
    expect(readdirSync(stateDir)).toEqual(['gateway-device.json']);
  });
});
