// As much of a browser as a sign-in needs: cookies, a form's hidden fields, and no script. It
// follows no redirect: where one leads is what the tests look at.
import assert from 'node:assert/strict';

export class Browser {
  #cookies = new Map();

  async open(url) {
    return this.#answer(await fetch(url, { redirect: 'manual', headers: this.#headers() }), url);
  }

  async post(url, fields) {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...this.#headers(), origin: new URL(url).origin },
      body: new URLSearchParams(fields),
    });
    return this.#answer(answer, url);
  }

  #headers() {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  async #answer(response, url) {
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = set.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return new Page(this, url, response, await response.text(),
      location === null ? undefined : new URL(location));
  }
}

class Page {
  constructor(browser, url, response, html, location) {
    Object.assign(this, { browser, url, status: response.status, headers: response.headers, html,
      location });
  }

  // Fills in the form and sends it, by another browser when one is given.
  submit(fields, browser = this.browser) {
    assert.equal(this.status, 200, this.html);
    const action = this.html.match(/<form method="post" action="([^"]+)">/)[1];
    const hidden = this.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g);
    const all = Object.fromEntries([...hidden].map(([, name, value]) => [name, value]));
    return browser.post(new URL(action, this.url), { ...all, ...fields, action: 'sign-in' });
  }
}
