// A browser: Debian's Chromium opens one page with EventSource and one with WebSocket, both with
// tickets; stock is seen to fall as curl places an order; and what happens while the network is
// lost is there once it is back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { chromium } from 'playwright-core';

import { fresh } from '../openapi/lib/shop.js';
import { Market } from './lib/market.js';
import { Proxy } from './lib/proxy.js';
import { Stream } from './lib/stream.js';
import { until } from './lib/wait.js';

const lostMs = 5_000;

function inPath(program) {
  for (const folder of process.env.PATH.split(':')) {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return path.join(folder, program);
    } catch { /* not there */ }
  }
  return undefined;
}

const executablePath = inPath('chromium');
if (!executablePath && !process.env.CI) {
  console.error('\n*** No chromium in $PATH: NOTHING WAS TESTED IN A BROWSER ***\n');
}
// In CI its absence is a failure.
const skip = !executablePath && !process.env.CI ? 'there is no chromium' : false;

describe('a browser', { concurrency: false, skip }, () => {
  let market;
  let pages; // serves the pages
  let proxy; // between them and the gateway
  let browser;
  let origin;

  before(async () => {
    pages = http.createServer((request, response) => {
      const name = new URL(request.url, 'http://127.0.0.1').pathname.slice(1);
      const known = ['event_source.html', 'web_socket.html'].includes(name);
      response.writeHead(known ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
      response.end(known ? readFileSync(new URL(`./pages/${name}`, import.meta.url)) : '');
    });
    await new Promise((resolve) => { pages.listen(0, '127.0.0.1', resolve); });
    origin = `http://127.0.0.1:${pages.address().port}`;
    market = await Market.open({ partitions: 2,
      args: ['--cors-origin', origin, '--live-heartbeat-seconds', '1'] });
    proxy = await Proxy.before(market.live);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    await proxy?.close();
    pages?.closeAllConnections();
    await new Promise((resolve) => { pages.close(resolve); });
    await market?.close();
  });

  // Resolves once the page follows the part.
  async function show(name, part) {
    const page = await browser.newPage();
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    const parameters = new URLSearchParams({ ...part, api: market.server.url.origin,
      live: proxy.url.origin, token: market.admin.token });
    await page.goto(`${origin}/${name}?${parameters}`);
    await until(async () => (await shown(page)).connections === 1, () => `${name}: ${said}`);
    return page;
  }

  const shown = (page) => page.evaluate(() => window.shown);

  // As a customer's shop would, from a shell.
  function orderByCurl(part, quantity) {
    const body = { customerId: fresh('c'), items: [{ ...part, quantity }] };
    const answer = execFileSync('curl', ['-sS', '-w', '\n%{http_code}', '-X', 'POST',
      '-H', `Authorization: Bearer ${market.admin.token}`, '-H', 'Content-Type: application/json',
      '-H', `Idempotency-Key: ${fresh('k')}`,
      '-d', JSON.stringify(body), new URL('/orders', market.server.url).href],
    { encoding: 'utf8' });
    assert.match(answer, /\n201$/);
    return JSON.parse(answer.slice(0, answer.lastIndexOf('\n'))).orderId;
  }

  // Follows over a connection that is never lost.
  const whole = (part) => Stream.open(market.live, { ...part }, { token: market.admin.token });

  for (const name of ['event_source.html', 'web_socket.html']) {
    test(`${name} sees stock fall, and every event after its network was lost`, async () => {
      const part = await market.shop.part(20);
      const page = await show(name, part);
      const beside = await whole(part);
      const shows = (number) => until(
        async () => (await page.textContent('#available')) === number, `${number} in stock`);
      try {
        await shows('20');
        const first = orderByCurl(part, 3);
        await shows('17');
        await until(async () => (await shown(page)).events
          .some(({ type, orderid }) => type.endsWith('StockReserved') && orderid === first),
        'the reservation');

        await proxy.cut();
        const since = Date.now();
        const orders = [orderByCurl(part, 2), orderByCurl(part, 2)];
        await market.adjust(part, 5);
        await until(async () => (await shown(page)).lost > 0, 'the page to notice');
        await until(() => Date.now() - since > lostMs, 'five seconds');
        assert.equal(await page.textContent('#available'), '17');
        await proxy.mend();

        await shows('18');
        orders.push(orderByCurl(part, 1));
        await shows('17');
        for (const orderId of orders) {
          await beside.find(
            ({ type, data }) => type === 'StockReserved' && data.orderid === orderId);
        }
        await until(async () => (await shown(page)).events.length >= beside.ids.length,
          'as many events');
        const { events, connections } = await shown(page);
        assert.deepEqual(events.map(({ id }) => id), beside.ids); // one vendor: one partition
        assert.ok(connections > 1);
      } finally {
        beside.close();
        await page.close();
      }
    });
  }

  test('an EventSource without a token sees stock, and comes back by itself', async () => {
    const part = await market.shop.part(9);
    const page = await browser.newPage();
    try {
      await page.goto(`${origin}/event_source.html?nothing`);
      await page.evaluate(({ live, vendorId, productId }) => {
        window.levels = [];
        const query = new URLSearchParams({ vendorId, productId });
        const source = new EventSource(`${live}/live?${query}`);
        source.addEventListener('StockLevel',
          ({ data }) => window.levels.push(JSON.parse(data).quantityAvailable));
      }, { live: proxy.url.origin, ...part });
      const newest = () => page.evaluate(() => window.levels.at(-1));
      await until(async () => (await newest()) === 9, 'the level');
      await proxy.cut();
      orderByCurl(part, 4);
      await proxy.mend();
      await until(async () => (await newest()) === 5, 'stock to fall');
    } finally {
      await page.close();
    }
  });
});
