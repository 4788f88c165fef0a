import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';

/** By what a gateway's certificate is known, if not by an authority that the system trusts. */
export interface CertificateTrust {
  /** SHA-256 fingerprint, with or without colons, in any case. */
  readonly tlsFingerprint?: string | undefined;
  /** File of the certificate itself (PEM); read for every connection, because certificates are renewed. */
  readonly certificatePath?: string | undefined;
}

/** A certificate that must be shown, or why there is none. */
export interface ExpectedCertificate {
  /** 64 hexadecimal digits. */
  readonly fingerprint?: string;
  /** Why the file says nothing: an error code, or that it is not a certificate. */
  readonly problem?: string;
}

/** How a gateway speaks at an address, as far as that can be found out without trusting it. */
export interface SpokenTls {
  /** `CN=openclaw-gateway`. */
  readonly subject: string;
  /** With colons, as openssl and OpenClaw show it. */
  readonly fingerprint: string;
  /** As written in the certificate. */
  readonly validTo: string;
}

const PEER_TIMEOUT_MS = 2_000;

/** The certificate that is expected: by its fingerprint, else as the file has it now. */
export function expectedCertificate({ tlsFingerprint, certificatePath }: CertificateTrust): ExpectedCertificate {
  if (tlsFingerprint !== undefined) {
    const fingerprint = normalizeFingerprint(tlsFingerprint);
    return fingerprint === undefined ? { problem: 'not a SHA-256 fingerprint' } : { fingerprint };
  }
  if (certificatePath === undefined) return {};
  try {
    return { fingerprint: digits(new X509Certificate(readFileSync(certificatePath)).fingerprint256) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { problem: /^E[A-Z]+$/.test(code) ? code : 'not a certificate' };
  }
}

/** The digits of a SHA-256 fingerprint as people write it; `undefined` if it is not one. */
function normalizeFingerprint(text: string): string | undefined {
  const value = digits(text.trim().replace(/^sha-?256(\s+fingerprint)?\s*[:=]?\s*/i, ''));
  return /^[0-9a-f]{64}$/.test(value) ? value : undefined;
}

function digits(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}

/** The certificate that is shown at the address of a URL; `undefined` where nobody speaks TLS. Never rejects. */
export function shownCertificate(url: string): Promise<SpokenTls | undefined> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      host,
      port: Number(port) || (protocol === 'wss:' ? 443 : 80),
      // Only looked at: nothing is sent to it.
      rejectUnauthorized: false,
      timeout: PEER_TIMEOUT_MS,
    });
    const end = (shown?: SpokenTls): void => {
      socket.destroy();
      resolve(shown);
    };
    socket.once('secureConnect', () => {
      const { subject, fingerprint256, valid_to: validTo } = socket.getPeerCertificate();
      const subjects = Object.entries(subject ?? {}).map(([name, value]) => `${name}=${value}`);
      end(
        fingerprint256 === undefined
          ? undefined
          : { subject: subjects.join(', '), fingerprint: fingerprint256, validTo },
      );
    });
    socket.once('timeout', () => end());
    socket.once('error', () => end());
  });
}
