// @ts-check
/**
 * Loaded into a daemon before its program: standard input is a pipe that the starter holds and never writes to. Its end
 * means that the starter is gone, even by a SIGKILL, and nobody is left to end the daemon.
 */
process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL')).resume();
// Waiting for it keeps no daemon alive that has ended.
if ('unref' in process.stdin) process.stdin.unref();
