export { type Asked, FakeGateway, type Reception } from './fake-gateway.ts';
export { type RecordedFrame, readFrames } from './recorded-frames.ts';
