// Waits on conditions that nothing announces, looking again and again, never for longer than a test
// may take.
const lookAgainMs = 10;

// How long anything may take that is expected to happen at all: generous, for a busy machine.
export const deadlineMs = 30_000;

// Resolves with what `look` gives once that is truthy; rejects, saying what it waited for, after
// `limitMs`. `what` may be a function, asked only then.
export async function until(look, what, limitMs = deadlineMs) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) {
      throw new Error(`waited in vain for ${typeof what === 'function' ? what() : what}`);
    }
    await new Promise((resolve) => { setTimeout(resolve, lookAgainMs); });
  }
}

// `promise`, or a rejection that names `what` after `limitMs`.
export async function within(promise, what, limitMs = deadlineMs) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
