import type { Company } from './company.ts';
import { playOneOfThoseDays } from './one-of-those-days.ts';
import { playSpringSale } from './spring-sale.ts';

/** A part of the story that is understood by itself. */
export interface Scene {
  readonly name: string;
  readonly play: (company: Company) => Promise<void>;
}

/** The story, in its order. */
export const SCENES: readonly Scene[] = [
  { name: 'the spring sale', play: playSpringSale },
  { name: 'one of those days', play: playOneOfThoseDays },
];
