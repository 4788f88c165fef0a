export {
  EXPIRED_CERTIFICATE,
  type GatewayCertificate,
  OTHER_CERTIFICATE,
  OWN_CERTIFICATE,
} from './certificates.ts';
export { type Asked, FakeGateway, type GatewayAuth, type ListenOptions, type Reception } from './fake-gateway.ts';
export { FrameSession, type FrameSink, inFlight } from './frame-session.ts';
export { GatewayRecording, type WaitTruth } from './gateway-recording.ts';
export { type GatewayReplayOptions, playedTimes, replayFrames } from './gateway-replay.ts';
export { type RecordedFrame, readFrames } from './recorded-frames.ts';
