const SVG = 'http://www.w3.org/2000/svg';
/** As many marks as can be told apart on the track. */
const MAX_MARKS = 120;

/** The life of a post as a track: a mark for each change where it lies in time, and a slider to look back. */
export class Timeline {
  /** The version chosen; 0 is the post as it was created. */
  index = 0;
  isLive = true;
  #offsetsMs = [];
  #show;

  constructor(element, { showVersion, showNewest }) {
    this.#show = () => (this.isLive ? showNewest() : showVersion(this.index));
    this.element = element;
    this.marks = element.querySelector('svg');
    this.slider = element.querySelector('input');
    this.label = element.querySelector('.version');
    this.live = element.querySelector('.live');
    this.slider.addEventListener('input', () => this.#choose(this.#nearest(Number(this.slider.value))));
    this.slider.addEventListener('keydown', (event) => this.#step(event));
    this.live.addEventListener('click', () => this.#choose(this.#offsetsMs.length - 1));
  }

  /** Takes the times of all versions, milliseconds after the first. */
  update(offsetsMs) {
    this.#offsetsMs = offsetsMs;
    this.element.hidden = offsetsMs.length < 2;
    this.slider.max = String(offsetsMs.at(-1));
    if (this.isLive) this.index = offsetsMs.length - 1;
    this.#draw();
    this.#say();
  }

  #choose(index) {
    this.index = Math.min(Math.max(index, 0), this.#offsetsMs.length - 1);
    this.isLive = this.index === this.#offsetsMs.length - 1;
    this.#say();
    this.#show();
  }

  /** Arrow keys go from version to version, not from millisecond to millisecond. */
  #step(event) {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#choose(this.index + step);
  }

  #nearest(ms) {
    const distances = this.#offsetsMs.map((offsetMs) => Math.abs(offsetMs - ms));
    return distances.indexOf(Math.min(...distances));
  }

  #draw() {
    const lifeMs = Math.max(1, this.#offsetsMs.at(-1));
    const step = Math.ceil(this.#offsetsMs.length / MAX_MARKS);
    const shown = this.#offsetsMs.filter((_, index) => index % step === 0 || index === this.#offsetsMs.length - 1);
    this.marks.replaceChildren(...shown.map((offsetMs) => mark((offsetMs / lifeMs) * 994)));
  }

  #say() {
    const offsetMs = this.#offsetsMs[this.index] ?? 0;
    const changes = this.#offsetsMs.length - 1;
    const newest = `${changes} ${changes === 1 ? 'change' : 'changes'} in ${duration(offsetMs)}`;
    const text = this.isLive ? newest : `version ${this.index + 1} of ${changes + 1}, +${duration(offsetMs)}`;
    this.label.textContent = text;
    this.slider.value = String(offsetMs);
    this.slider.setAttribute('aria-valuetext', text);
    this.live.hidden = this.isLive;
    this.element.classList.toggle('past', !this.isLive);
  }
}

function mark(x) {
  const rect = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ x, y: 0, width: 6, height: 10 })) rect.setAttribute(name, value);
  return rect;
}

function duration(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
