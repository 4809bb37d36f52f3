// The two ways to follow /live, as plain as they are on the wire: an event stream over HTTP/1.1 or
// HTTP/2, and a WebSocket (RFC 6455) with short unfragmented texts.
import { createHash, randomBytes } from 'node:crypto';
import http2 from 'node:http2';
import https from 'node:https';

const acceptGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

// {event: data} of each message that came, newest last, as they come.
class Events {
  messages = [];
  #unread = '';

  take(chunk) {
    this.#unread += chunk;
    const blocks = this.#unread.split('\n\n');
    this.#unread = blocks.pop();
    for (const block of blocks) {
      const event = block.match(/^event: (.*)$/m)?.[1];
      const data = block.match(/^data: (.*)$/m)?.[1];
      if (event) this.messages.push({ event, data: JSON.parse(data) });
    }
  }
}

export function followEvents(edge, target, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request({ ...edge.origin, agent: false, path: target,
      headers: { accept: 'text/event-stream', ...headers } });
    request.on('error', reject);
    request.on('response', (response) => {
      const events = new Events();
      response.setEncoding('utf8').on('data', (chunk) => events.take(chunk)).on('error', () => {});
      resolve({ status: response.statusCode, headers: response.headers, events,
        close: () => request.destroy() });
    });
    request.end();
  });
}

export function followEventsOverHttp2(edge, target) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`https://127.0.0.1:${edge.port}`, { ca: edge.ca });
    session.on('error', reject);
    const stream = session.request({ ':path': target, accept: 'text/event-stream' });
    stream.on('response', (headers) => {
      const events = new Events();
      stream.setEncoding('utf8').on('data', (chunk) => events.take(chunk)).on('error', () => {});
      resolve({ status: headers[':status'], events, close: () => session.destroy() });
    });
    stream.end();
  });
}

export class Socket {
  messages = [];
  closed = false;
  #unread = Buffer.alloc(0);

  static open(edge, target, headers = {}) {
    return new Promise((resolve, reject) => {
      const key = randomBytes(16).toString('base64');
      const request = https.request({ ...edge.origin, agent: false, path: target, headers: {
        connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
        'sec-websocket-key': key, ...headers } });
      request.on('error', reject);
      request.on('response', (response) => reject(new Error(`answered ${response.statusCode}`)));
      request.on('upgrade', (response, connection, head) => {
        const accept = createHash('sha1').update(key + acceptGuid).digest('base64');
        if (response.headers['sec-websocket-accept'] !== accept) {
          reject(new Error('it accepts some other key'));
        }
        resolve(new Socket(connection, head));
      });
      request.end();
    });
  }

  constructor(connection, head) {
    this.connection = connection;
    connection.on('data', (chunk) => this.#take(chunk)).on('error', () => {});
    connection.on('close', () => { this.closed = true; });
    this.#take(head);
  }

  // At most 65,535 bytes.
  send(message) {
    const text = Buffer.from(JSON.stringify(message));
    const mask = randomBytes(4);
    const length = text.length < 126 ? Buffer.from([0x80 | text.length])
      : Buffer.from([0x80 | 126, text.length >> 8, text.length & 0xff]);
    const masked = text.map((byte, i) => byte ^ mask[i % 4]);
    this.connection.write(Buffer.concat([Buffer.from([0x81]), length, mask, masked]));
  }

  close() {
    this.connection.destroy();
  }

  #take(chunk) {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      if (this.#unread.length < 4) return;
      const short = this.#unread[1] & 0x7f;
      const start = short < 126 ? 2 : 4;
      const length = short < 126 ? short : this.#unread.readUInt16BE(2);
      if (short === 127 || this.#unread.length < start + length) return;
      const payload = this.#unread.subarray(start, start + length);
      if (this.#unread[0] === 0x81) this.messages.push(JSON.parse(payload.toString()));
      this.#unread = this.#unread.subarray(start + length);
    }
  }
}
