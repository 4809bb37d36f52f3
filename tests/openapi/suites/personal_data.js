// Plants personal data in every place that takes some, and looks for it in files.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { fresh } from '../lib/shop.js';

// Gives the texts that must be nowhere in clear, and one that may be (a vendor's name).
export async function plantPersonalData({ api, shop }) {
  const secret = (what) => `${what}-${fresh('planted')}`;
  const address = () => ({
    name: secret('name'), line1: secret('street'), line2: secret('flat'), city: secret('city'),
    postalCode: secret('postcode'), countryCode: 'US', phone: secret('phone'),
  });
  const contact = () => ({ email: `${secret('mail')}@rider.example`, phone: secret('phone') });
  const open = secret('vendor');
  const planted = {
    vendor: contact(), changedVendor: contact(), customer: { name: secret('name'), ...contact() },
    home: address(), changedName: secret('name'), shipping: address(), moved: address(),
  };
  const vendorId = await shop.vendor({ name: open, contactInfo: planted.vendor });
  await api.patch(`/vendors/${vendorId}`, { contactInfo: planted.changedVendor }, { expect: 200 });
  const part = await shop.part(5, { vendorId });
  const customerId = fresh('c');
  const { name, ...contactInfo } = planted.customer;
  await api.post('/customers', { customerId, name, contactInfo, addresses: [planted.home] },
    { expect: 201 });
  await api.patch(`/customers/${customerId}`, { name: planted.changedName }, { expect: 200 });
  const order = await shop.order([{ ...part, quantity: 1 }],
    { customerId, shippingAddress: planted.shipping });
  await api.patch(`/orders/${order.orderId}/address`, { shippingAddress: planted.moved },
    { expect: 200 });
  // An order of someone who is not registered has an address too.
  const stranger = address();
  await shop.order([{ ...part, quantity: 1 }],
    { customerId: fresh('c'), shippingAddress: stranger });
  const clear = [planted, stranger].flatMap((one) => texts(one))
    .filter((text) => text.includes('planted'));
  return { clear, open };
}

function texts(value) {
  return typeof value === 'string' ? [value] : Object.values(value).flatMap(texts);
}

// "text in file" for each text that stands in a file below `folder`, as it is or in base64.
export function searchFolder(folder, wanted) {
  const found = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const bytes = readFileSync(file);
    for (const text of wanted) {
      const encoded = Buffer.from(text).toString('base64').slice(0, -4);
      if (bytes.includes(text) || bytes.includes(encoded)) found.push(`${text} in ${file}`);
    }
  }
  return found;
}
