// Looks at pages: axe-core, widths, the first stop of the keyboard, motion, and
// pictures to be looked at; and prints some, as people would.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { at, must, WIDTHS } from './visitor.mjs';

export class Looking {
  constructor(modules, folder, names) {
    this.axe = readFileSync(createRequire(join(modules, 'x.js')).resolve('axe-core/axe.min.js'), 'utf8');
    this.folder = folder;
    this.names = names;
    this.found = [];
    this.printed = [];
    for (const part of ['pictures', 'printed']) mkdirSync(join(folder, part), { recursive: true });
  }

  // What a page is called in the table, whatever its numbers are in this run.
  called(path) {
    const [found, name] = this.names().find(([known]) => path === known || path.startsWith(`${known}/`)) ?? [];
    return name === undefined ? path : name + path.slice(found.length);
  }

  file(path, role, rest) {
    return `${role}${path.replaceAll('/', '_').replace(/[{}]/g, '').replaceAll(' ', '-') || '_'}.${rest}`;
  }

  // A page behind its own link is a document of its own, and is gone to at once.
  async reach(path, who, role, language, alone) {
    const answer = await who.go(alone ? path : `/language/${language}?to=${path}`);
    must(`${path} is shown to ${role} (${answer.status()})`, answer.ok() || path === '/nothing/here');
    must(`${path} is reached`, at(who.page) === path);
    must(`${path} is in ${language}`, await who.page.evaluate(() => document.documentElement.lang) === language);
  }

  async look(path, who, role, language, width, { state, alone } = {}) {
    const { page } = who;
    await page.setViewport(WIDTHS[width]);
    await this.reach(path, who, role, language, alone);
    // What is folded away is part of the page.
    await page.evaluate(() => { for (const it of document.querySelectorAll('details')) it.open = true; });
    const report = await page.evaluate(`${this.axe}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`);
    const serious = report.violations.filter(it => ['serious', 'critical'].includes(it.impact));
    const lesser = report.violations.filter(it => !serious.includes(it));
    const wide = await tooWide(page);
    // The keyboard reaches the way to the content first.
    await page.keyboard.press('Tab');
    const skip = Boolean(alone) || await page.evaluate(() => document.activeElement?.className === 'skip');
    const name = this.called(path) + (state ? ` ${state}` : '');
    await page.evaluate(() => document.activeElement?.blur());
    await wholePicture(page, join(this.folder, 'pictures', this.file(name, role, `${language}.${width}.png`)));
    const which = it => `${it.id}: ${it.nodes[0].target.join(' ')}`;
    this.found.push({ page: name, role, language, width, wide, skip, serious: serious.map(which), lesser: lesser.length, lesserWhich: lesser.map(which) });
    await page.setViewport(WIDTHS.desk);
  }

  // The narrowest width of WCAG 2.2 (1.4.10), with no motion where none is wanted.
  async squeeze(path, who, role, language) {
    const { page } = who;
    await page.setViewport(WIDTHS.narrow);
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await this.reach(path, who, role, language);
    const wide = await tooWide(page);
    const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter(it => {
      const style = getComputedStyle(it);
      return style.transitionDuration.split(', ').some(it => parseFloat(it) > 0) || style.animationName !== 'none';
    }).map(it => it.tagName));
    const page_ = this.called(path);
    if (wide) await wholePicture(page, join(this.folder, 'pictures', this.file(page_, role, `${language}.narrow.png`)));
    this.found.push({ page: page_, role, language, width: 'narrow', wide, skip: true, serious: moving.map(it => `moves: ${it}`), lesser: 0 });
    await page.emulateMediaFeatures([]);
    await page.setViewport(WIDTHS.desk);
  }

  // Prints a page to A4. Its words are read from the file by whoever started us.
  async print(path, who, role, language, alone) {
    await this.reach(path, who, role, language, alone);
    const name = this.called(path);
    const file = join(this.folder, 'printed', this.file(name, role, `${language}.pdf`));
    const told = await who.page.evaluate(() => ({
      heading: document.querySelector('h1')?.innerText ?? '',
      // What a printed page has no use for.
      gone: [...document.querySelectorAll('form button, .skip')].map(it => it.innerText.trim()).filter(Boolean),
      heads: [...document.querySelectorAll('table')].map(it => ({
        head: [...it.querySelectorAll('thead th:not(.does)')].map(it => it.innerText.trim()).sort((a, b) => b.length - a.length)[0] ?? '', rows: it.rows.length,
        last: [...it.rows].at(-1)?.cells[0]?.innerText.trim().split('\n')[0] ?? '' })),
    }));
    await who.page.emulateMediaType('print');
    const shown = await who.page.evaluate(() => [...document.querySelectorAll('header, footer, form, .desk, .skip')]
      .filter(it => it.checkVisibility()).map(it => it.tagName));
    const repeated = await who.page.evaluate(() => [...document.querySelectorAll('thead')]
      .every(it => getComputedStyle(it).display === 'table-header-group'));
    const cut = await who.page.evaluate(() => [...document.querySelectorAll('.wide')]
      .some(it => getComputedStyle(it).overflowX !== 'visible'));
    await who.page.emulateMediaType(null);
    must(`nothing that is for the screen is printed of ${path}: ${shown}`, shown.length === 0);
    must(`heads of tables are repeated and nothing is cut on ${path}`, repeated && !cut);
    await who.page.pdf({ path: file, format: 'A4', preferCSSPageSize: true });
    this.printed.push({ page: name, role, language, file, ...told });
  }
}

const tooWide = page => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

// The whole page, with pictures that come as one gets to them.
async function wholePicture(page, path) {
  await page.evaluate(async () => {
    for (const picture of document.images) picture.loading = 'eager';
    await Promise.all([...document.images].map(it => it.complete || new Promise(done => { it.onload = it.onerror = done; })));
  });
  await page.screenshot({ path, fullPage: true });
}
