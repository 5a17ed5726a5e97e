// People in a browser who have no mouse: whoever fills a form or follows a link
// here goes to it by Tab and presses keys, and sees where the keyboard is.

import { createRequire } from 'node:module';
import { join } from 'node:path';

export const PASSWORD = 'correct horse battery staple';
export const WIDTHS = {
  narrow: { width: 320, height: 640, isMobile: true, hasTouch: true },
  phone: { width: 390, height: 844, isMobile: true, hasTouch: true },
  desk: { width: 1280, height: 900 },
};
// Stops of the keyboard on one page.
const MOST_STOPS = 600;

// What the browser said was wrong, and how many stops of the keyboard were seen.
export const complaints = [];
export const keyboard = { stops: 0 };

export function must(what, holds) {
  if (!holds) throw new Error(`it does not hold that ${what}`);
}

// Asks again until it holds: for what another program does in its own time.
export async function until(what, ask, seconds = 120) {
  for (const end = Date.now() + seconds * 1000; ;) {
    const answer = await ask();
    if (answer) return answer;
    must(what, Date.now() < end);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

export async function start(modules, chromium, root) {
  const { launch } = createRequire(join(modules, 'x.js'))('puppeteer-core');
  const browser = await launch({
    executablePath: chromium,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--lang=en-US',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return { browser, visitor: language => visitor(browser, root, language) };
}

// A visitor with cookies of their own.
async function visitor(browser, root, language = 'en') {
  const context = await browser.createBrowserContext();
  const open = async () => {
    const page = await context.newPage();
    await page.setViewport(WIDTHS.desk);
    page.on('console', message => { if (message.type() === 'error' && !/status of (4|5)\d\d/.test(message.text())) complaints.push(message.text()); });
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('dialog', async dialog => { complaints.push(`a text was run: ${dialog.message()}`); await dialog.dismiss(); });
    return page;
  };
  const page = await open();
  const go = path => page.goto(new URL(path, root), { waitUntil: 'load' });
  await go(`/language/${language}?to=/`);
  return { page, go, context, open };
}

export const at = page => new URL(page.url()).pathname;
export const text = page => page.evaluate(() => document.body.innerText);

// Goes on by Tab to an element, where the browser must show that one is there.
async function reach(page, wanted, what) {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    const seen = await wanted.evaluate(it => {
      if (document.activeElement !== it) return undefined;
      const style = getComputedStyle(it);
      const box = it.getBoundingClientRect();
      return { outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        inView: box.bottom > 0 && box.top < innerHeight };
    });
    if (seen) {
      must(`one sees that the keyboard is at ${what}: ${JSON.stringify(seen)}`, seen.outline && seen.inView);
      keyboard.stops += 1;
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${what}`);
}

// Opens what is folded away around an element, the outermost first.
async function unfold(page, element) {
  for (;;) {
    const summary = await element.evaluateHandle(it => {
      let found = null;
      for (let up = it; up; up = up.parentElement) {
        if (up.tagName === 'DETAILS' && !up.open) found = up.querySelector('summary');
      }
      return found;
    });
    if (!summary.asElement()) return;
    await reach(page, summary, 'what opens a form');
    await page.keyboard.press('Enter');
  }
}

// Follows the link to a place, as a keyboard does.
export async function follow(page, path) {
  const link = await page.waitForSelector(`a[href="${path}"]`, { timeout: 10000 });
  await unfold(page, link);
  await reach(page, link, `the link to ${path}`);
  const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press('Enter')]);
  return answer;
}

// Types into the fields of the form that goes to `action`, and sends it.
export async function fill(page, action, fields = {}) {
  return fillForm(page, await page.waitForSelector(`form[action="${action}"]`, { timeout: 10000 }), fields);
}

export async function fillForm(page, form, fields = {}) {
  const action = await form.evaluate(it => it.getAttribute('action'));
  await unfold(page, form);
  for (const [name, value] of Object.entries(fields)) {
    const found = await form.$$(`[name="${name}"]:not([type=hidden])`);
    must(`${action} has a field ${name}`, found.length > 0);
    const values = Array.isArray(value) ? value : [value];
    for (const [place, value] of values.entries()) if (value !== undefined) await type(page, found[place], value, `${name} of ${action}`);
  }
  const button = await form.$('button');
  await reach(page, button, `the button of ${action}`);
  const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press('Enter')]);
  return answer;
}

async function type(page, field, value, what) {
  await reach(page, field, what);
  const [tag, kind] = await field.evaluate(it => [it.tagName, it.type]);
  if (value === true) {
    await page.keyboard.press('Space');
    must(`${what} is chosen`, await field.evaluate(it => it.checked));
  } else if (tag === 'SELECT') {
    await page.keyboard.press('Home');
    const options = await field.evaluate(it => it.options.length);
    for (let step = 0; step < options && await field.evaluate(it => it.value) !== value; step++) {
      await page.keyboard.press('ArrowDown');
    }
  } else if (kind === 'datetime-local') {
    // Month, day and year, hour, minute and half of the day, each by itself.
    const [, year, month, day, hour, minute] = value.match(/^(\d+)-(\d+)-(\d+)T(\d+):(\d+)$/);
    const twelve = String((Number(hour) + 11) % 12 + 1).padStart(2, '0');
    await page.keyboard.type(`${month}${day}${year}`);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type(`${twelve}${minute}${Number(hour) < 12 ? 'A' : 'P'}`);
  } else {
    await page.keyboard.type(value);
  }
  if (value !== true) {
    const typed = await field.evaluate(it => it.value);
    must(`${what} holds what was typed: ${typed}, not ${value}`, typed.trim() === String(value).trim());
  }
}

// Comes in by a one-time link, and signs in.
export async function welcome(visitor, link, root, login) {
  const who = await visitor();
  await who.go(link);
  await fill(who.page, new URL(link, root).pathname, { login, password: PASSWORD });
  await fill(who.page, '/sign-in', { login, password: PASSWORD });
  must(`${login} is signed in`, await who.page.$('form[action="/sign-out"]'));
  return who;
}
