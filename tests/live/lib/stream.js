// A follower by SSE: the npm package `eventsource` as any program would use it, with its token in
// Authorization; it keeps all that comes, and comes back by itself.
import { EventSource } from 'eventsource';

import { until, within } from './wait.js';

// An EventSource that also hands out the events of types that nobody listens to.
class Hearing extends EventSource {
  dispatchEvent(event) {
    this.heard?.(event);
    return super.dispatchEvent(event);
  }
}

export class Stream {
  // `query` is an object. Options: `token`, and `lastEventId` to begin after.
  constructor(live, query = {}, { token, lastEventId } = {}) {
    this.messages = []; // { type, cursor, data }
    this.opened = 0; // how often
    this.errors = []; // HTTP statuses, or undefined for a connection that was lost
    const url = new URL('/live', live);
    url.search = new URLSearchParams(query);
    this.source = new Hearing(url, {
      fetch: (input, init) => fetch(input, { ...init, headers: {
        ...(lastEventId && { 'Last-Event-ID': lastEventId }), // its own wins, once it has one
        ...init.headers,
        ...(token && { Authorization: `Bearer ${token}` }),
      } }),
    });
    this.source.heard = (event) => this.#take(event);
  }

  // Resolves once the gateway says where it begins.
  static async open(live, query, options) {
    const stream = new Stream(live, query, options);
    await until(() => stream.begins !== undefined || stream.errors.length > 0,
      `a stream of ${JSON.stringify(query)}`);
    if (stream.errors.length > 0) {
      stream.close();
      throw Object.assign(new Error(`refused: ${stream.errors[0]}`), { status: stream.errors[0] });
    }
    return stream;
  }

  #take(event) {
    if (event.type === 'error') this.errors.push(event.code);
    if (event.type === 'open') this.opened += 1;
    if (!(event instanceof MessageEvent)) return;
    const data = JSON.parse(event.data);
    if (event.type === 'Subscribed') this.begins ??= data.cursor;
    else this.messages.push({ type: event.type, cursor: event.lastEventId, data });
  }

  get events() {
    return this.messages.filter(({ type }) => type !== 'StockLevel');
  }
  get ids() {
    return this.events.map(({ data }) => data.id);
  }
  get levels() {
    return this.messages.filter(({ type }) => type === 'StockLevel').map(({ data }) => data);
  }

  // The first event that fits.
  find(fits, what = 'an event') {
    return until(() => this.events.find(fits), () => `${what} among ${JSON.stringify(this.ids)}`);
  }

  // Resolves with the HTTP status of a refusal, or undefined when the connection was only lost.
  failed(limitMs) {
    return within(new Promise((resolve) => {
      if (this.errors.length > 0) resolve(this.errors[0]);
      else this.source.addEventListener('error', (event) => resolve(event.code), { once: true });
    }), 'the end of a stream', limitMs);
  }

  close() {
    this.source.close();
  }
}

// One GET of the stream, answered with what it is refused with: { status, type, body }.
export async function refusal(live, query, { token, headers } = {}) {
  const url = new URL('/live', live);
  url.search = new URLSearchParams(query);
  const abort = new AbortController();
  const answer = await fetch(url, { signal: abort.signal, headers: {
    accept: 'text/event-stream', ...(token && { authorization: `Bearer ${token}` }), ...headers,
  } });
  if (answer.status === 200) {
    abort.abort();
    return { status: 200 };
  }
  const body = await answer.json();
  return { status: answer.status, type: body.type?.replace('/problems/', ''), body };
}
