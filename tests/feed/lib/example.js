// An example of docs/vendors.md, run as its reader would run it: the text of the document in a
// folder of its own, with the packages of this suite, started and stopped as a process.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { sourceDir } from '../../openapi/lib/server.js';

const document = readFileSync(path.join(sourceDir, 'docs/vendors.md'), 'utf8');
const packages = fileURLToPath(new URL('../node_modules', import.meta.url));
// A program that was told to stop finishes what it has in hand.
const endTimeoutMs = 30_000;

// The one block of that language in the document.
function block(language) {
  const blocks = [...document.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  if (blocks.length !== 1) throw new Error(`${blocks.length} blocks of ${language}`);
  return blocks[0][1];
}

const languages = {
  js: (folder) => {
    writeFileSync(path.join(folder, 'vendor.mjs'), block('js'));
    symlinkSync(packages, path.join(folder, 'node_modules'));
    return (files) => [process.execPath, 'vendor.mjs', files.credentials, files.events];
  },
  c: (folder) => {
    writeFileSync(path.join(folder, 'vendor.c'), block('c'));
    execFileSync('sh', ['-c', 'cc -Wall -Wextra -Werror -o vendor vendor.c '
      + '$(pkg-config --cflags --libs libnats)'], { cwd: folder, stdio: 'inherit' });
    return (files, { url, stream, consumer, inboxPrefix }) =>
      ['./vendor', url, files.creds, stream, consumer, inboxPrefix, files.events];
  },
};

export class Example {
  constructor(language) {
    this.folder = mkdtempSync(path.join(tmpdir(), `cassette-vendor-${language}-`));
    this.files = Object.fromEntries(['credentials', 'creds', 'events'].map((name) =>
      [name, path.join(this.folder, name)]));
    this.command = languages[language](this.folder);
  }

  // With these credentials from now on.
  trust(credentials) {
    this.credentials = credentials;
    writeFileSync(this.files.credentials, JSON.stringify(credentials));
    writeFileSync(this.files.creds, credentials.creds, { mode: 0o600 });
  }

  start() {
    const [program, ...args] = this.command(this.files, this.credentials);
    this.process = spawn(program, args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.said = '';
    this.process.stderr.on('data', (text) => { this.said += text; });
    this.ended = new Promise((resolve) => {
      this.process.once('exit', (code, signal) => resolve(code ?? signal));
    });
  }

  // As an operator stops it; gives its exit status.
  async stop() {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), endTimeoutMs);
    const status = await this.ended;
    clearTimeout(timer);
    return status;
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  // The lines that it wrote: an event each.
  lines() {
    if (!existsSync(this.files.events)) return [];
    return readFileSync(this.files.events, 'utf8').split('\n').slice(0, -1);
  }

  ids() {
    return this.lines().map((line) => line.split(' ')[0]);
  }

  // Until it has written so many events. Rejects when the program ends before, or nothing comes for
  // so long.
  async awaitEvents(count, patienceMs = 60_000) {
    const watcher = watch(this.folder);
    try {
      await new Promise((resolve, reject) => {
        let timer;
        const look = () => {
          if (this.ids().length >= count) resolve();
          clearTimeout(timer);
          timer = setTimeout(() => reject(new Error(
            `${this.ids().length} events of ${count}: ${this.said}`)), patienceMs);
        };
        watcher.on('change', look);
        this.ended.then((status) => reject(new Error(`ended with ${status}: ${this.said}`)));
        look();
        this.giveUp = () => clearTimeout(timer);
      });
    } finally {
      this.giveUp();
      watcher.close();
    }
  }

  remove() {
    if (this.process && this.process.exitCode === null) this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
