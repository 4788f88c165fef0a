/* Keeps the page up to date: GET /events?form=html sends boxes as HTML in which everything is escaped. */
const boxes = document.getElementById('boxes');
const filter = document.getElementById('filter');
const nothing = document.getElementById('nothing');
const connection = document.getElementById('connection');
const status = document.getElementById('status');
const health = document.getElementById('health');

const elementOf = (boxId) => document.getElementById(`box-${boxId}`);

function parse(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content;
}

/** Replaces what a box shows and keeps what the reader did: opened, closed, focused. */
function showBox({ boxId, html }) {
  const shown = parse(html).firstElementChild;
  const before = elementOf(boxId);
  if (before === null) boxes.append(shown);
  else {
    const hasFocus = before.contains(document.activeElement);
    if (before.dataset.state === shown.dataset.state) shown.open = before.open;
    before.replaceWith(shown);
    if (hasFocus) shown.querySelector('summary').focus({ preventScroll: true });
  }
  applyFilter(shown);
}

/** Moves only what is not where it belongs, so that the focus stays. */
function order(boxIds) {
  const wanted = new Set(boxIds.map((boxId) => `box-${boxId}`));
  for (const box of [...boxes.children]) if (!wanted.has(box.id)) box.remove();
  let next = boxes.firstElementChild;
  for (const boxId of boxIds) {
    const box = elementOf(boxId);
    if (box === null) continue;
    if (box === next) next = next.nextElementSibling;
    else boxes.insertBefore(box, next);
  }
  nothing.hidden = boxes.childElementCount > 0;
  const waiting = boxes.querySelectorAll('[data-state="waiting"]').length;
  document.title = waiting > 0 ? `(${waiting}) Live Status` : 'Live Status';
}

function applyFilter(box) {
  box.hidden = !box.textContent.toLowerCase().includes(filter.value.trim().toLowerCase());
}

function showHealth({ status: state, html }) {
  status.textContent = state;
  status.dataset.status = state;
  const open = [...health.querySelectorAll('details')].map((details) => details.open);
  health.replaceChildren(parse(html));
  for (const [index, details] of [...health.querySelectorAll('details')].entries()) details.open = open[index] ?? false;
}

const on = (events, name, act) => events.addEventListener(name, ({ data }) => act(JSON.parse(data)));

const events = new EventSource('/events?form=html');
on(events, 'box', showBox);
on(events, 'order', order);
on(events, 'health', showHealth);
events.addEventListener('open', () => {
  connection.hidden = true;
});
events.addEventListener('error', () => {
  connection.hidden = false;
});

filter.hidden = false;
filter.addEventListener('input', () => {
  for (const box of boxes.children) applyFilter(box);
});

/** `/` filters, `j` and `k` go from box to box. */
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === filter) {
    if (event.key === 'Escape') filter.blur();
    return;
  }
  if (event.key === '/') filter.focus();
  else if (event.key === 'j' || event.key === 'k') {
    const shown = [...boxes.children].filter((box) => !box.hidden);
    const at = shown.findIndex((box) => box.contains(document.activeElement));
    const next = shown[event.key === 'j' ? Math.min(at + 1, shown.length - 1) : Math.max(at - 1, 0)];
    next?.querySelector('summary').focus();
  } else return;
  event.preventDefault();
});
