import { Device } from './device.js';

/** Everything the server reported, by id. Both devices show the same. */
const state = { channels: [], posts: new Map(), channelId: undefined };
const devices = [...document.querySelectorAll('.device')].map((element) => new Device(element, { select }));

function select(channelId) {
  state.channelId = channelId;
  for (const device of devices) device.show(state);
}

/** Shows the channel chosen before, the one that the address names (`#town-square`), or the one with the newest post. */
function selectFirst() {
  const newest = [...state.posts.values()].at(-1)?.channelId;
  const isKnown = state.channels.some(({ id }) => id === state.channelId);
  select(isKnown ? state.channelId : (namedByAddress() ?? newest ?? state.channels[0]?.id));
}

function namedByAddress() {
  return state.channels.find(({ slug }) => `#${slug}` === location.hash)?.id;
}

function listen(events) {
  const on = (name, handle) => events.addEventListener(name, ({ data }) => handle(JSON.parse(data)));
  on('state', ({ channels, posts }) => {
    state.channels = channels;
    state.posts = new Map(posts.map((post) => [post.id, post]));
    say('live');
    selectFirst();
  });
  on('channels', (channels) => {
    state.channels = channels;
    for (const device of devices) device.showChannels(state);
  });
  on('post', (post) => {
    const isFirst = state.posts.size === 0;
    state.posts.set(post.id, post);
    // Until somebody chose a channel the page follows the first one in which something happens.
    if (isFirst && namedByAddress() === undefined) select(post.channelId);
    else for (const device of devices) device.showPost(post, state);
  });
  events.addEventListener('error', () => say('reconnecting'));
}

function say(text) {
  const connection = document.querySelector('.connection');
  connection.textContent = text;
  connection.dataset.state = text;
}

for (const input of document.querySelectorAll('input[name=show]')) {
  input.addEventListener('change', () => {
    document.body.dataset.show = input.value;
  });
}
listen(new EventSource('/sim/events'));
