// A valid request of every operation, by its id: `whose` says on whose objects, `make` what must be
// there first, made by an administrator. What has no sample here has no test of its permissions.
import { fresh, usd } from './shop.js';

const address = { line1: '1 Chain Street', city: 'Springfield', countryCode: 'US' };
const form = 'application/x-www-form-urlencoded';

// Objects for one owner: { vendorId, productId, customerId }.
export class Make {
  constructor(shop) {
    this.shop = shop;
  }

  async owner() {
    const part = await this.shop.part(100_000);
    const customerId = fresh('c');
    await this.customer(customerId);
    return { ...part, customerId };
  }

  customer(customerId) {
    return this.shop.api.post('/customers', { customerId, name: 'Ada' }, { expect: 201 });
  }

  // An order of the owner's customer for a part of the owner's vendor.
  async order({ vendorId, productId, customerId }, fields) {
    const order = await this.shop.order([{ vendorId, productId, quantity: 1 }],
      { customerId, ...fields });
    return order.orderId;
  }

  async shipped(whose) {
    const orderId = await this.order(whose);
    const shipmentId = fresh('s');
    const order = (await this.shop.api.post(`/orders/${orderId}/shipments`, { shipmentId },
      { expect: 201 })).body;
    return { orderId, shipmentId, lineId: order.subOrders[0].items[0].lineId };
  }

  async returned(whose) {
    const { orderId, lineId } = await this.shipped(whose);
    const returnId = fresh('r');
    await this.shop.api.post(`/orders/${orderId}/returns`,
      { returnId, items: [{ lineId, quantity: 1 }] }, { expect: 201 });
    return { orderId, returnId };
  }
}

const get = (target) => async (make, whose) => ({ method: 'GET', target: target(whose) });
const write = (method, target, json) => async (make, whose) => ({
  method, target: target(whose), options: { json: json(whose), key: fresh('k') },
});
const details = () => ({ name: 'Chain', SKU: fresh('SKU'), price: usd(999) });
const vendor = ({ vendorId }) => `/vendors/${vendorId}`;
const customer = ({ customerId }) => `/customers/${customerId}`;
const product = (whose) => `${vendor(whose)}/products/${whose.productId}`;
const stock = (whose) => `${vendor(whose)}/inventory/${whose.productId}`;

// Of an order that `prepare` makes: `path` after the order's, `json` from what it gave.
const onOrder = (method, path, json, prepare = async (make, whose) =>
  ({ orderId: await make.order(whose) })) => async (make, whose) => {
  const made = await prepare(make, whose);
  return {
    method, target: `/orders/${made.orderId}${path(made)}`,
    options: { json: json(made), key: fresh('k') },
  };
};

// A request that shows its client in Authorization, where others show their token.
const authenticated = (target, fields) => async (make, whose, client) => {
  const pair = `${client.client_id}:${client.client_secret}`;
  return {
    method: 'POST', target,
    options: {
      raw: String(new URLSearchParams(fields)), type: form,
      headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    },
  };
};

export const samples = {
  registerVendor: write('POST', () => '/vendors', () => ({ vendorId: fresh('v'), name: 'New' })),
  listVendors: get(() => '/vendors'),
  readVendor: get(vendor),
  changeVendor: write('PATCH', vendor, () => ({ name: fresh('Renamed') })),
  mintNatsCredentials: write('POST', (whose) => `${vendor(whose)}/nats-credentials`, () => ({})),
  revokeNatsCredentials: async (make, whose) => ({
    method: 'DELETE', target: `${vendor(whose)}/nats-credentials`,
  }),

  listProduct: write('POST', (whose) => `${vendor(whose)}/products`, details),
  listVendorProducts: get((whose) => `${vendor(whose)}/products`),
  readProduct: get(product),
  reviseProduct: write('PUT', product, details),
  delistProduct: async (make, whose) => ({
    method: 'DELETE',
    target: `${vendor(whose)}/products/${await make.shop.product(whose.vendorId)}`,
  }),
  searchProducts: get(() => '/products?q=cassette'),

  listStock: get((whose) => `${vendor(whose)}/inventory`),
  writeStockInBulk: async (make, whose) => ({
    method: 'POST', target: `${vendor(whose)}/inventory`,
    options: {
      raw: `{"productId":"${whose.productId}","quantity":100000}\n`, type: 'application/x-ndjson',
    },
  }),
  readStock: get(stock),
  countStock: write('POST', stock, () => ({ quantity: 100_000 })),
  adjustStock: write('PATCH', stock, () => ({ delta: 1, reason: 'found' })),
  readManyStocks: get((whose) => `/inventory?item=${whose.vendorId}/${whose.productId}`),

  placeOrder: write('POST', () => '/orders', ({ vendorId, productId, customerId }) =>
    ({ customerId, items: [{ vendorId, productId, quantity: 1 }] })),
  listOrders: get(() => '/orders'),
  readOrder: async (make, whose) =>
    ({ method: 'GET', target: `/orders/${await make.order(whose)}` }),
  listVendorOrders: get((whose) => `${vendor(whose)}/orders`),
  readVendorOrder: async (make, whose) =>
    ({ method: 'GET', target: `${vendor(whose)}/orders/${await make.order(whose)}` }),
  listCustomerOrders: get((whose) => `${customer(whose)}/orders`),
  changeStatus: onOrder('PATCH', () => '/status', () => ({ status: 'Cancelled' })),
  confirmOrder: onOrder('POST', () => '/confirmation', () => ({}), async (make, whose) =>
    ({ orderId: await make.order(whose, { confirmation: 'manual' }) })),
  cancelOrder: onOrder('POST', () => '/cancellations', () => ({})),
  changeAddress: onOrder('PATCH', () => '/address', () => ({ shippingAddress: address })),
  ship: onOrder('POST', () => '/shipments', () => ({})),
  updateShipment: onOrder('PATCH', ({ shipmentId }) => `/shipments/${shipmentId}`,
    () => ({ status: 'Delivered' }), (make, whose) => make.shipped(whose)),
  requestReturn: onOrder('POST', () => '/returns',
    ({ lineId }) => ({ items: [{ lineId, quantity: 1 }] }), (make, whose) => make.shipped(whose)),
  resolveReturn: onOrder('PATCH', ({ returnId }) => `/returns/${returnId}`,
    () => ({ status: 'Received' }), (make, whose) => make.returned(whose)),

  // There is one by that id already, which only who may is told.
  registerCustomer: async (make, { customerId }) => ({
    method: 'POST', target: '/customers', done: [409],
    options: { json: { customerId, name: 'Ada' }, key: fresh('k') },
  }),
  listCustomers: get(() => '/customers'),
  readCustomer: get(customer),
  changeCustomer: write('PATCH', customer, () => ({ name: fresh('Ada') })),
  eraseCustomer: async (make) => {
    const customerId = fresh('c');
    await make.customer(customerId);
    return { method: 'DELETE', target: `/customers/${customerId}` };
  },
  exportCustomer: get((whose) => `${customer(whose)}/export`),

  followLive: async () => ({ method: 'GET', target: '/live', done: [307] }),
  makeLiveTicket: async () => ({ method: 'POST', target: '/live/tickets' }),

  listEvents: get(({ vendorId }) => `/events?vendorId=${vendorId}`),
  listSecurityEvents: get(() => '/security-events'),
  listHeads: get(() => '/audit/heads'),
  listNotaryKeys: get(() => '/audit/keys'),
  // There may be no head yet.
  readProof: async () =>
    ({ method: 'GET', target: '/audit/proof?position=0:1', done: [200, 404] }),
  readContract: get(() => '/openapi.yaml'),
  isAlive: get(() => '/health/live'),
  isReady: get(() => '/health/ready'),

  issueToken: authenticated('/auth/token', { grant_type: 'client_credentials' }),
  // There is no such token or request: what they are asked is understood, and nobody is let in.
  refreshToken: async (...args) => ({
    ...await authenticated('/auth/refresh', { refresh_token: 'none' })(...args), done: [400],
  }),
  authorize: async () => ({ method: 'GET', target: '/auth/authorize', done: [400] }),
  signIn: async () => ({
    method: 'POST', target: '/auth/authorize', done: [400], options: { raw: 'a=b', type: form },
  }),
  revokeToken: authenticated('/auth/revoke', { token: 'none' }),
  introspectToken: authenticated('/auth/introspect', { token: 'none' }),
  readOpenIdConfiguration: get(() => '/.well-known/openid-configuration'),
  readAuthorizationServer: get(() => '/.well-known/oauth-authorization-server'),
  readKeys: get(() => '/.well-known/jwks.json'),
};
