// A shop to test in: vendors, parts with stock, and orders, each with ids of its own, so that no
// test sees another's.
import { randomUUID } from 'node:crypto';

export const usd = (amount) => ({ amount, currency: 'USD' });
export const fresh = (prefix) => `${prefix}-${randomUUID().slice(0, 8)}`;

export class Shop {
  constructor(api) {
    this.api = api;
  }

  async vendor(fields = {}) {
    const vendorId = fresh('v');
    await this.api.post('/vendors', { vendorId, name: 'Cog & Sons', ...fields }, { expect: 201 });
    return vendorId;
  }

  async product(vendorId, fields = {}) {
    const productId = fresh('p');
    await this.api.post(`/vendors/${vendorId}/products`,
      { productId, name: 'Cassette 11-34', SKU: fresh('SKU'), price: usd(4787), ...fields },
      { expect: 201 });
    return productId;
  }

  // A product with `quantity` on the shelf, as an order's item.
  async part(quantity, { vendorId, product, stock } = {}) {
    const vendor = vendorId ?? await this.vendor();
    const productId = await this.product(vendor, product);
    await this.api.post(`/vendors/${vendor}/inventory/${productId}`, { quantity, ...stock },
      { expect: 201 });
    return { vendorId: vendor, productId };
  }

  place(items, fields = {}, options = {}) {
    return this.api.post('/orders', { customerId: 'c-1', items, ...fields },
      { key: fresh('k'), ...options });
  }

  // An order that stands, as its document.
  async order(items, fields) {
    return (await this.place(items, fields, { expect: 201 })).body;
  }

  // As the last write left it.
  async stock({ vendorId, productId }) {
    return (await this.api.get(`/vendors/${vendorId}/inventory/${productId}`,
      { position: this.api.written })).body;
  }

  status(orderId, change, options = {}) {
    return this.api.patch(`/orders/${orderId}/status`, change, { expect: 200, ...options });
  }
}
