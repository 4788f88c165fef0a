export { type Asked, FakeGateway, type Reception } from './fake-gateway.ts';
export { FrameSession, type FrameSink, inFlight } from './frame-session.ts';
export { type RecordedFrame, readFrames } from './recorded-frames.ts';
