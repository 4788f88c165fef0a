import type { Place, Target } from '@live-status/mm-poster';
import type { Clock } from '@live-status/resilience';

/** What {@link Places} need. */
export interface PlacesOptions {
  /** Asks Mattermost; rejects when it refuses. */
  readonly findPlace: (target: Target) => Promise<Place>;
  readonly clock: Clock;
  /** Called when something else is known of a place than before. */
  readonly onChange: () => void;
}

interface Known {
  /** `unknown`: Mattermost does not say. */
  place?: Place | 'unknown';
  /** When that was learnt, milliseconds since the epoch. */
  at: number;
  isAsked: boolean;
}

/** How long a name is believed, since channels can be renamed; and how long a refusal is. Milliseconds. */
const BELIEVED_MS = 300_000;
const REFUSED_MS = 60_000;
const MAX_PLACES = 1_000;

/** What places are called, asked for when somebody wants to know. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** The place of a target; `unknown` if Mattermost does not say, `undefined` if it has not answered yet. */
  of(target: Target): Place | 'unknown' | undefined {
    const { rootId: _, ...place } = target as Target & { readonly rootId?: string };
    const key = JSON.stringify(place);
    const known = this.#known.get(key) ?? { at: Number.NEGATIVE_INFINITY, isAsked: false };
    this.#known.set(key, known);
    const believedMs = known.place === 'unknown' ? REFUSED_MS : BELIEVED_MS;
    if (!known.isAsked && this.#options.clock.now() - known.at >= believedMs) void this.#ask(place as Target, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_PLACES && oldest !== undefined) this.#known.delete(oldest);
    return known.place;
  }

  async #ask(target: Target, known: Known): Promise<void> {
    const { clock, findPlace, onChange } = this.#options;
    known.isAsked = true;
    const place = await findPlace(target).catch(() => 'unknown' as const);
    known.isAsked = false;
    known.at = clock.now();
    const isNew = JSON.stringify(place) !== JSON.stringify(known.place);
    known.place = place;
    if (isNew) onChange();
  }
}
