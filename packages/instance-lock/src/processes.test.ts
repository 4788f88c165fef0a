import { describe, expect, it } from 'vitest';
import { findProcess, hasProc, type OperatingSystem, readPlace, readStartTime } from './processes.ts';

/** A Mac as its programs show it; `ps` knows the given processes. */
function mac(
  processes: Readonly<Record<number, string>>,
  { hostname = 'mac.local', ioreg = HARDWARE }: { readonly hostname?: string; readonly ioreg?: string } = {},
): OperatingSystem & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    platform: 'darwin',
    hostname: () => hostname,
    readFile: () => undefined,
    readLink: () => undefined,
    run: (path, args) => {
      calls.push([path, ...args].join(' '));
      return path === '/usr/sbin/ioreg' ? ioreg : processes[Number(args.at(-1))];
    },
  };
}

const HARDWARE = `+-o J314sAP  <class IOPlatformExpertDevice, id 0x100000227, registered, matched, active, busy 0>
    {
      "IOPlatformSerialNumber" = "C02XXXXXXXXX"
      "IOPlatformUUID" = "564D1CDE-9A4E-4D5A-8B39-9E8F0A7D3C11"
      "model" = <"MacBookPro18,3">
    }
`;

function linux(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): OperatingSystem {
  return {
    platform: 'linux',
    hostname: () => 'web1',
    readFile: (path) => files[path],
    readLink: (path) => links[path],
    run: () => {
      throw new Error('nothing is run where there is a /proc');
    },
  };
}

const stat = (state: string, startTime: number): string =>
  `7 (a) Z 1 (b) ${state} ${Array.from({ length: 18 }, (_, field) => field).join(' ')} ${startTime} 99 99\n`;

describe('a process on a Mac', () => {
  it('is known by the start time that ps prints', () => {
    const system = mac({ 7: 'Ss   Mon Nov 30 15:11:52 2026    \n' });
    expect(findProcess(7, system)).toEqual({
      startTime: 'Mon-Nov-30-15-11-52-2026',
      startedAt: Date.UTC(2026, 10, 30, 15, 11, 52),
      ended: false,
    });
    expect(system.calls.at(-1)).toBe('/bin/ps -o stat= -o lstart= -p 7');
    expect(hasProc(system)).toBe(false);
  });

  it.for([
    ['S+   Sun Nov  1 05:01:02 2026\n', 'Sun-Nov-1-05-01-02-2026'],
    ['U    Tue Dec 31 23:59:59 2030', 'Tue-Dec-31-23-59-59-2030'],
  ] as const)('is read from %j', ([line, startTime]) => {
    expect(readStartTime(7, mac({ 7: line }))).toBe(startTime);
  });

  it('that has ended and waits for its parent is no running one', () => {
    const system = mac({ 7: 'Z    Mon Nov 30 15:11:52 2026\n' });
    expect(findProcess(7, system)?.ended).toBe(true);
    expect(readStartTime(7, system)).toBeUndefined();
  });

  it.for([undefined, '', '\n', 'Ss\n'])('is not there when ps says %j', (line) => {
    expect(findProcess(7, mac(line === undefined ? {} : { 7: line }))).toBeUndefined();
  });

  it('has a start time in whatever form ps prints it', () => {
    expect(findProcess(7, mac({ 7: 'Ss  15:11\n' }))).toEqual({ startTime: '15-11', ended: false });
  });
});

describe('a process on Linux', () => {
  it.for([
    ['S', 500, { startTime: '500', ended: false }],
    ['Z', 500, { startTime: '500', ended: true }],
    ['X', 500, { startTime: '500', ended: true }],
  ] as const)('in state %s', ([state, startTime, facts]) => {
    const system = linux({ '/proc/self/stat': stat('R', 1), '/proc/7/stat': stat(state, startTime) });
    expect(findProcess(7, system)).toEqual(facts);
    expect(findProcess(8, system)).toBeUndefined();
  });
});

describe('the place in which a pid is valid', () => {
  it('is the hardware of a Mac, whatever the network calls it', () => {
    const place = readPlace(mac({}));
    expect(place).toBe('564D1CDE-9A4E-4D5A-8B39-9E8F0A7D3C11.pid');
    expect(readPlace(mac({}, { hostname: 'dhcp-10-0-0-7.example.com' }))).toBe(place);
  });

  it('is the name of a machine that says nothing else', () => {
    expect(readPlace(mac({}, { ioreg: '' }))).toBe('mac.local.pid');
    expect(readPlace({ ...linux({}), platform: 'freebsd' })).toBe('web1.pid');
  });

  it('is a Linux machine by name and id, and a container by its name and namespace', () => {
    const machineId = { '/etc/machine-id': '0123abcd\n' };
    const first = { '/proc/self/ns/pid': 'pid:[4026531836]' };
    expect(readPlace(linux(machineId, first))).toBe('web1.0123abcd.pid-4026531836');
    expect(readPlace(linux({}, first))).toBe('web1.pid-4026531836');
    expect(readPlace(linux(machineId, { '/proc/self/ns/pid': 'pid:[7]' }))).toBe('web1.pid-7');
  });
});
