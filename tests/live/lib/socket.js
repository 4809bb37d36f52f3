// A follower by WebSocket: the npm package `ws` as any program would use it. It keeps every message
// that comes.
import WebSocket from 'ws';

import { until, within } from './wait.js';

export class Socket {
  // Resolves once it is open. Options: `token`, `ticket`, and those of `ws`.
  static async open(live, { token, ticket, ...options } = {}) {
    const url = new URL('/live', live);
    url.protocol = 'ws:';
    if (ticket) url.searchParams.set('ticket', ticket);
    const socket = new Socket();
    socket.messages = [];
    socket.pings = 0;
    socket.ws = new WebSocket(url, { ...options,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...options.headers } });
    socket.closed = new Promise((resolve) => {
      socket.ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    socket.ws.on('message', (text) => socket.messages.push(JSON.parse(text)));
    socket.ws.on('ping', () => { socket.pings += 1; });
    await within(new Promise((resolve, reject) => {
      socket.ws.on('open', resolve);
      socket.ws.on('error', reject);
      socket.ws.on('unexpected-response', (request, response) => {
        reject(Object.assign(new Error(`refused: ${response.statusCode}`),
          { status: response.statusCode }));
        request.destroy();
      });
    }), 'a WebSocket');
    return socket;
  }

  send(message) {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  // Sends it, and gives the first answer to it that comes: `type` or an error.
  async ask(message, type) {
    const before = this.messages.length;
    this.send(message);
    const answers = () => this.messages.slice(before)
      .find((answer) => (answer.type === type || answer.type === 'error')
        && (answer.id === undefined || answer.id === message.id));
    return until(answers, () => `the answer to ${JSON.stringify(message)}`);
  }

  subscribe(id, filter, after) {
    return this.ask({ type: 'subscribe', id, filter, ...(after && { after }) }, 'subscribed');
  }
  unsubscribe(id) {
    return this.ask({ type: 'unsubscribe', id }, 'unsubscribed');
  }

  events(id) {
    return this.messages
      .filter(({ type, subscription }) => type === 'event' && subscription === id);
  }
  ids(id) {
    return this.events(id).map(({ event }) => event.id);
  }
  levels(id) {
    return this.messages.filter(({ type, subscription }) => type === 'stock' && subscription === id)
      .map(({ level }) => level);
  }

  async closeCode(limitMs) {
    return (await within(this.closed, 'the close of a WebSocket', limitMs)).code;
  }

  close() {
    this.ws.close(1000);
  }
}
