// @ts-check
/**
 * Loaded into a daemon before its program. Standard input is a pipe that the starter holds and never writes to: when it
 * closes, the starter is gone, even by SIGKILL, and nobody is left to end the daemon.
 */
process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL')).resume();
// Listening must not keep a daemon alive that has otherwise ended.
if ('unref' in process.stdin) process.stdin.unref();
