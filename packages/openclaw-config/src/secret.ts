import { inspect } from 'node:util';

const MASK = '***';

/**
 * A value that must not be printed. Text conversion, JSON and `util.inspect` show `***`; only {@link Secret.reveal}
 * returns the value, so every use of it can be found by that name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. */
  reveal(): string {
    return this.#value;
  }

  /** Whether the other secret has the same value. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  static {
    // Not a method, because a declaration file cannot name the key.
    Object.defineProperty(Secret.prototype, inspect.custom, { value: () => MASK });
  }
}
