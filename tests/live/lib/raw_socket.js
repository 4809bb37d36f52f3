// A WebSocket client that can do wrong: it sends whatever bytes it is told, and reads no more of
// the protocol than the close frame (RFC 6455).
import net from 'node:net';

import { within } from './wait.js';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// One frame. `length` says another one than the payload's; `masked: false` is what no client may.
export function frame(opcode, payload, { fin = true, rsv = 0, masked = true, length } = {}) {
  const body = Buffer.from(payload);
  const size = BigInt(length ?? body.length);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const mask = masked ? 0x80 : 0;
  if (size < 126n) head.push(mask | Number(size));
  else if (size < 65536n) head.push(mask | 126, Number(size >> 8n), Number(size & 255n));
  else {
    head.push(mask | 127);
    for (let shift = 56n; shift >= 0n; shift -= 8n) head.push(Number((size >> shift) & 255n));
  }
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const key = Buffer.from([0x17, 0x2a, 0x3c, 0x55]);
  return Buffer.concat([Buffer.from(head), key, body.map((byte, i) => byte ^ key[i % 4])]);
}

export class RawSocket {
  // Resolves once the protocol has been switched.
  static async open(live, { token } = {}) {
    const socket = new RawSocket();
    socket.live = live;
    socket.unread = Buffer.alloc(0);
    socket.tcp = net.connect(Number(live.port), live.hostname);
    // The close frame's code; undefined when the connection ended without one.
    socket.closed = new Promise((resolve) => {
      socket.onClose = resolve;
      socket.tcp.on('close', () => resolve(socket.code));
      socket.tcp.on('error', () => {});
    });
    const open = new Promise((resolve) => { socket.onOpen = resolve; });
    socket.tcp.on('data', (bytes) => socket.#take(bytes));
    const authorization = token ? `Authorization: Bearer ${token}\r\n` : '';
    socket.tcp.write(`GET /live HTTP/1.1\r\nHost: ${live.host}\r\nUpgrade: websocket\r\n`
      + 'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
      + `Sec-WebSocket-Version: 13\r\n${authorization}\r\n`);
    await within(open, 'a raw WebSocket');
    return socket;
  }

  #take(bytes) {
    this.unread = Buffer.concat([this.unread, bytes]);
    if (!this.isOpen) {
      const end = this.unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.isOpen = this.unread.toString('latin1', 0, end).startsWith('HTTP/1.1 101');
      this.unread = this.unread.subarray(end + 4);
      if (this.isOpen) this.onOpen();
    }
    while (this.#takeFrame());
  }

  #takeFrame() {
    if (this.unread.length < 2) return false;
    const short = this.unread[1] & 0x7f;
    const start = { 126: 4, 127: 10 }[short] ?? 2;
    if (this.unread.length < start) return false;
    let size = short;
    if (short === 126) size = this.unread.readUInt16BE(2);
    if (short === 127) size = Number(this.unread.readBigUInt64BE(2));
    if (this.unread.length < start + size) return false;
    if ((this.unread[0] & 0x0f) === opcodes.close && size >= 2) {
      this.code = this.unread.readUInt16BE(start);
      this.onClose(this.code);
    }
    this.unread = this.unread.subarray(start + size);
    return true;
  }

  // False once the gateway has closed.
  write(bytes) {
    if (this.tcp.destroyed || this.code !== undefined) return false;
    this.tcp.write(bytes);
    return true;
  }

  // The code that the gateway closed with.
  async closeCode(limitMs) {
    try {
      return await within(this.closed, 'the close of a raw WebSocket', limitMs);
    } finally {
      this.destroy();
    }
  }

  destroy() {
    this.tcp.destroy();
  }
}
