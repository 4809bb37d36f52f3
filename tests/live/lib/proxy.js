// A TCP proxy on loopback that can lose the network: it drops every connection and refuses new ones
// until it is mended. A browser's own offline switch leaves WebSockets as they are.
import net from 'node:net';

export class Proxy {
  #pairs = new Set();
  #target;
  #listener;

  // In front of `target`, a URL; `url` is its own.
  static async before(target) {
    const proxy = new Proxy();
    proxy.#target = { host: target.hostname, port: Number(target.port) };
    await proxy.#listen(0);
    proxy.port = proxy.#listener.address().port;
    proxy.url = new URL(`http://127.0.0.1:${proxy.port}`);
    return proxy;
  }

  #listen(port) {
    this.#listener = net.createServer((client) => this.#join(client));
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen(port, '127.0.0.1', resolve);
    });
  }

  #join(client) {
    const server = net.connect(this.#target);
    const pair = [client, server];
    this.#pairs.add(pair);
    for (const end of pair) {
      end.on('error', () => {});
      end.on('close', () => {
        this.#pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
    client.pipe(server);
    server.pipe(client);
  }

  // The network is lost.
  async cut() {
    const closed = new Promise((resolve) => { this.#listener.close(resolve); });
    for (const pair of this.#pairs) for (const end of pair) end.destroy();
    await closed;
  }

  // It is there again, at the same address.
  mend() {
    return this.#listen(this.port);
  }

  async close() {
    if (this.#listener.listening) await this.cut();
  }
}
