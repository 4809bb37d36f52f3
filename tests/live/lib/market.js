// A marketplace that is followed live: a cassette that asks everybody who they are, its
// administrator, and tokens of every role.
import { bootstrapAdmin, fetchToken, makeClient } from '../../openapi/lib/identities.js';
import { Server } from '../../openapi/lib/server.js';
import { fresh, Shop } from '../../openapi/lib/shop.js';
import { Api } from './api.js';
import { until } from './wait.js';

// What tests do in a second is what limits are for.
const unlimited = ['admin', 'service', 'vendor', 'customer', 'auditor', 'anonymous']
  .flatMap((role) => ['read', 'write'].map((kind) => `${role}.${kind}=off`))
  .concat('anonymous.sign-in=off')
  .flatMap((rule) => ['--rate-limit', rule]);

export class Market {
  static async open({ partitions = 3, args = [] } = {}) {
    const market = new Market();
    market.partitions = partitions;
    market.server = await Server.start({ partitions, identities: true,
      args: [...unlimited, ...args] });
    market.live = market.server.live;
    const token = await fetchToken(market.server, bootstrapAdmin(market.server));
    market.admin = new Api(market.server.url, token);
    market.shop = new Shop(market.admin);
    return market;
  }

  // The cursor that is before everything.
  get beginning() {
    return Array.from({ length: this.partitions }, (_, p) => `${p}:0`).join(',');
  }

  // A caller of the role, bound as in `--vendor ID`; `client` is its credential.
  async caller(role, ...bound) {
    const client = makeClient(this.server, role, ...bound);
    const api = new Api(this.server.url, await fetchToken(this.server, client));
    api.client = client;
    return api;
  }

  nobody() {
    return new Api(this.server.url);
  }

  adjust({ vendorId, productId }, delta) {
    return this.admin.patch(`/vendors/${vendorId}/inventory/${productId}`,
      { delta, reason: 'counted again' }, { key: fresh('k'), expect: 200 });
  }

  // An order whose every vendor has answered.
  async order(items, fields) {
    const { orderId } = await this.shop.order(items, fields);
    await until(async () => (await this.admin.get(`/orders/${orderId}`)).body.settled,
      `order ${orderId} to settle`);
    return orderId;
  }

  async close() {
    await this.server.end();
    this.server.remove();
  }
}
