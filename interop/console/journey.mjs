// Drives the console in headless Chromium as people would: from a need to
// adoption across the roles, then every page in both languages at the width of
// a phone and of a desk, each looked through by axe-core and photographed.
//
//   node journey.mjs MODULES CHROMIUM ROOT OPERATOR_LINK FOLDER PATIENTS_LINK
//
// Prints one JSON document: what was done, and each page's findings.

import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [modules, chromium, root, operatorLink, folder, patientsLink] = process.argv.slice(2);
const require = createRequire(join(modules, 'x.js'));
const { launch } = require('puppeteer-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// Titles that are meant to be more than text: they must be shown and never run.
const HOSTILE = `'"><script>alert('한글')</script> 민원 분류 <img src=x onerror=alert(1)> &amp;`;
const PASSWORD = 'correct horse battery staple';
const WIDTHS = { phone: { width: 390, height: 844, isMobile: true, hasTouch: true }, desk: { width: 1280, height: 900 } };

const browser = await launch({
  executablePath: chromium,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const steps = [];
const complaints = [];

function must(what, holds) {
  if (!holds) throw new Error(`it does not hold that ${what}`);
}

// A visitor with cookies of their own.
async function visitor(language = 'en') {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(WIDTHS.desk);
  page.on('console', message => { if (message.type() === 'error' && !/status of (4|5)\d\d/.test(message.text())) complaints.push(message.text()); });
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('dialog', async dialog => { complaints.push(`a text was run: ${dialog.message()}`); await dialog.dismiss(); });
  const go = path => page.goto(new URL(path, root), { waitUntil: 'load' });
  await go(`/language/${language}?to=/`);
  return { page, go, context };
}

// Types into the fields of the form that goes to `action`, and sends it.
async function fill(page, action, fields = {}) {
  const form = await page.waitForSelector(`form[action="${action}"]`, { timeout: 10000 });
  // What is folded away is opened, as one would before typing.
  await form.evaluate(it => { for (let up = it; up; up = up.parentElement) if (up.tagName === 'DETAILS') up.open = true; });
  for (const [name, value] of Object.entries(fields)) {
    const found = await form.$$(`[name="${name}"]`);
    must(`${action} has a field ${name}`, found.length > 0);
    const values = Array.isArray(value) ? value : [value];
    for (const [place, value] of values.entries()) {
      const field = found[place];
      const [tag, type] = await field.evaluate(it => [it.tagName, it.type]);
      if (value === true) await field.click();
      else if (tag === 'SELECT') await field.select(value);
      else if (type === 'datetime-local') await field.evaluate((it, value) => { it.value = value; }, value);
      else await field.type(value);
    }
  }
  const button = await form.$('button');
  const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), button.click()]);
  return answer;
}

async function welcome(link, login) {
  const who = await visitor();
  await who.go(link);
  const path = new URL(link, root).pathname;
  await fill(who.page, path, { login, password: PASSWORD });
  await fill(who.page, '/sign-in', { login, password: PASSWORD });
  must(`${login} is signed in`, await who.page.$('form[action="/sign-out"]'));
  return who;
}

const at = page => new URL(page.url()).pathname;
const text = page => page.evaluate(() => document.body.innerText);

// The operator lets everybody in.
const operator = await welcome(operatorLink, 'operator');
steps.push('the first operator came in by the printed link');
// The number of an organisation, by how its name begins.
async function numbered(name) {
  await operator.go('/people');
  const number = await operator.page.evaluate(name => {
    const sections = [...document.querySelectorAll('main section')];
    const section = sections.find(it => it.querySelector('h2')?.innerText.startsWith(name));
    return section?.querySelector('input[name="organisation"]')?.value;
  }, name);
  must(`${name} takes part`, number);
  return number;
}
async function organisation(name, kind) {
  await operator.go('/people');
  const answer = await fill(operator.page, '/people/organisation', { name, kind });
  must(`${name} is registered (${answer.status()})`, answer.ok());
  return numbered(name);
}
async function person(organisation, name, role) {
  await operator.go('/people');
  const forms = await operator.page.$$('form[action="/people/enrol"]');
  for (const form of forms) {
    if (await form.$eval('input[name="organisation"]', it => it.value) !== organisation) continue;
    await form.evaluate(it => { it.closest('details').open = true; });
    await (await form.$('input[name="name"]')).type(name);
    await (await form.$('select')).select(role);
    await Promise.all([operator.page.waitForNavigation(), (await form.$('button')).click()]);
    const link = await operator.page.$eval('.notice code', it => it.innerText);
    return welcome(link, name);
  }
  throw new Error(`no form to enrol ${name}`);
}
const own = await operator.go('/people').then(() => operator.page.$eval('input[name="organisation"]', it => it.value));
const ministry = await person(await numbered('수요부처'), 'ministry', 'DemandAgency');
const agency = await person(await organisation('조달청 (시험)', 'DemandAgency'), 'agency', 'DemandAgency');
const supplier = await person(await organisation(`가람 ${HOSTILE}`, 'Supplier'), 'supplier', 'Supplier');
const evaluator = await person(own, 'evaluator', 'Evaluator');
const auditor = await person(await organisation('감사원 (시험)', 'Auditor'), 'auditor', 'Auditor');
steps.push('organisations and people of five roles were let in by one-time links');

// What stands there already: the demonstration, its criteria and a solution.
await ministry.go('/');
const demonstrated = await ministry.page.$$eval('.cards h3 a', links => links.at(-1).getAttribute('href'));
await ministry.go(demonstrated);
const [criteria, ...solutions] = await ministry.page.$$eval('main code', codes => codes.map(it => it.innerText.trim()));
must('the criteria and the solutions are named by their digests', solutions.length === 4 && /^sha256:/.test(criteria));

// A need, its call, a proposal.
await ministry.go('/needs/new');
await fill(ministry.page, '/needs/new', { title: HOSTILE, description: `접수된 민원을\n담당 부서로 나눕니다. ${HOSTILE}`, need: criteria });
const project = at(ministry.page);
must('the need stands on its page as it was written', (await text(ministry.page)).includes(HOSTILE));
// The field takes whole minutes: the next one that leaves time to propose.
const ends = new Date(Math.ceil((Date.now() + 25000) / 60000) * 60000);
const korean = new Date(ends.getTime() + 9 * 3600000).toISOString().slice(0, 16);
await operator.go('/desk');
must('the need waits on the operator\'s desk', (await text(operator.page)).includes('Open the call'));
await operator.go(project);
await fill(operator.page, `${project}/open-call`, { closes: korean });
await supplier.go('/desk');
must('the call waits on the supplier\'s desk', (await text(supplier.page)).includes('Propose'));
await supplier.go(project);
await fill(supplier.page, `${project}/propose`, { title: `가람 민원 분류기 ${HOSTILE}`, summary: HOSTILE, solution: solutions[1] });
must('the proposal is not shown to the public', !(await (async () => { const it = await visitor(); await it.go(project); return text(it.page); })()).includes('가람 민원 분류기'));
steps.push('an agency published a need with registered criteria, a call was opened, a supplier proposed; titles of markup and script, in Korean too, are shown and not run');

// Meanwhile: what was demonstrated is taken over by another agency.
await agency.go(demonstrated);
const adopt = await agency.page.$(`form[action="${demonstrated}/adopt"]`);
must('the demonstrated solution can be taken over', adopt);
await fill(agency.page, `${demonstrated}/adopt`);
must('it is in use here', (await text(agency.page)).includes('조달청 (시험)'));
steps.push('another agency took into use what the gate had let through, and could not what it had refused');

// The evidence of a refused solution, for its supplier to verify and replay.
const refused = await agency.page.$$eval('main table tr', rows => {
  const row = rows.find(it => it.querySelector('.verdict.bad'));
  return row?.querySelector('a[href^="/evidence/"]').getAttribute('href');
});
must('a solution was refused, with evidence', refused);
await agency.go(refused);
const run = await agency.page.$$eval('main section p a[href^="/evidence/"]', links => links.map(it => it.getAttribute('href')).find(it => /^\/evidence\/\d+$/.test(it)));
must('its page leads to the run that it rests on', run);
const save = async (path, name) => writeFileSync(join(folder, name), await (await fetch(new URL(path, root))).text());
await save(`${refused}/bundle`, 'refused.json');
await save('/trusted-root', 'trusted_root.json');
steps.push('the evidence of a refused solution was downloaded');

// Scoring and selection, after the call's end.
await new Promise(resolve => setTimeout(resolve, Math.max(0, ends.getTime() + 1000 - Date.now())));
await operator.go(project);
const named = await operator.page.$$eval(`form[action="${project}/close-call"] label.choice`, labels => {
  // The evaluator of this run, and nobody else.
  const label = labels.find(it => it.innerText.trim() === 'evaluator');
  if (label) label.querySelector('input').checked = true;
  return Boolean(label);
});
must('the evaluator can be named', named);
await fill(operator.page, `${project}/close-call`);
await evaluator.go('/desk');
must('a sheet waits on the evaluator\'s desk', (await text(evaluator.page)).includes('Seal a sheet'));
await evaluator.go(project);
await fill(evaluator.page, `${project}/score`, { points: ['35', '25', '12', '13'], comment: HOSTILE });
await operator.go(project);
await fill(operator.page, `${project}/open-scores`);
await fill(operator.page, `${project}/select`, { proposal: [true], reason: `점수가 충분합니다. ${HOSTILE}` });
must('the project is at its demonstration', await operator.page.$eval('.phases .now', it => it.innerText.includes('Demonstration')));
steps.push('an evaluator sealed a sheet, sheets were opened together, the proposal was selected');

// The demonstration, on the agency's own data, and what follows from it.
await ministry.go(project);
await fill(ministry.page, `${project}/demonstrate`, { proposal: [true] });
const job = at(ministry.page);
must('asking leads to the job', /^\/jobs\/\d+$/.test(job));
const found = [];
mkdirSync(join(folder, 'pictures'), { recursive: true });
await look(job, ministry, 'agency', 'ko', 'phone', 'at-work');
for (const until = Date.now() + 180000; ;) {
  await ministry.go(`/language/en?to=${job}`);
  // The page loads itself anew while one looks.
  const state = await ministry.page.$eval('#live .badge', it => it.innerText).catch(() => 'Running');
  if (state === 'Done') break;
  must(`the job goes on (${state})`, ['Waiting', 'Running'].includes(state) && Date.now() < until);
  await new Promise(resolve => setTimeout(resolve, 1000));
}
await ministry.go(project);
must('the gate let it through', await ministry.page.$('main table .verdict.good'));
await fill(ministry.page, `${project}/adopt`);
must('the project is adopted', await ministry.page.$eval('.phases .now', it => it.innerText.includes('Adopted')));
steps.push('the agency demonstrated it on its own data: a job ran it, the gate let it through, the agency adopted it');

// Every page, by whoever sees most of it.
const nobody = await visitor();
const PAGES = [
  ['/', nobody, 'public'], ['/sign-in', nobody, 'public'], [demonstrated, nobody, 'public'], [`${demonstrated}/results`, nobody, 'public'],
  ['/evidence', nobody, 'public'], [refused, nobody, 'public'], [run, nobody, 'public'],
  ['/engines', nobody, 'public'], ['/engines/proof', nobody, 'public'], ['/engines/route', nobody, 'public'],
  ['/nothing/here', nobody, 'public'],
  ['/engines/vuln', auditor, 'auditor'], ['/engines/care', auditor, 'auditor'], ['/history', auditor, 'auditor'],
  ['/people', operator, 'operator'], [project, operator, 'operator'], ['/keys', operator, 'operator'],
  ['/desk', operator, 'operator'], ['/system', operator, 'operator'],
  ['/needs/new', ministry, 'agency'], [project, ministry, 'agency'], [job, ministry, 'agency'], [`${project}/results`, ministry, 'agency'],
  ['/data', ministry, 'agency'], ['/data/1', ministry, 'agency'], ['/nodes', ministry, 'agency'], ['/notices', ministry, 'agency'],
  ['/webhooks', ministry, 'agency'], ['/second-factor', operator, 'operator'],
  ['/desk', evaluator, 'evaluator'], [project, evaluator, 'evaluator'], ['/desk', supplier, 'supplier'], [project, supplier, 'supplier'],
];
for (const [path, who, role] of PAGES) {
  for (const language of ['ko', 'en']) {
    for (const width of Object.keys(WIDTHS)) await look(path, who, role, language, width);
  }
}
// The patient's page runs nothing, so that axe-core needs a way around its policy.
const patient = await visitor();
await patient.page.setBypassCSP(true);
await look(patientsLink, patient, 'patient', 'ko', 'phone');
steps.push('a patient opened their page by its own link');
await browser.close();
console.log(JSON.stringify({ steps, complaints, found, run: Number(run.split('/').at(-1)) }));

// What a page is called in the table, whatever its numbers are in this run.
function called(path) {
  const names = [[demonstrated, '/projects/{demonstrated}'], [project, '/projects/{new}'], [refused, '/evidence/{refused}'], [run, '/evidence/{run}'], [job, '/jobs/{new}'], [patientsLink, '/shown/{link}']];
  const [found, name] = names.find(([known]) => path === known || path.startsWith(`${known}/`)) ?? [];
  return name === undefined ? path : name + path.slice(found.length);
}

// Looks at a page in a language and at a width: axe-core, its width, the first
// stop of the keyboard, and a picture.
async function look(path, who, role, language, width, state) {
  await who.page.setViewport(WIDTHS[width]);
  // A page behind its own link is a document of its own, and is gone to at once.
  const answer = await who.go(path === patientsLink ? path : `/language/${language}?to=${path}`);
  must(`${path} is shown to ${role} (${answer.status()})`, answer.ok() || path === '/nothing/here');
  must(`${path} is reached`, at(who.page) === path);
  const report = await who.page.evaluate(`${axe}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`);
  const serious = report.violations.filter(it => ['serious', 'critical'].includes(it.impact));
  const lesser = report.violations.filter(it => !serious.includes(it));
  const wide = await who.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  const lang = await who.page.evaluate(() => document.documentElement.lang);
  must(`${path} is in ${language}`, lang === language);
  // The keyboard reaches the way to the content first.
  await who.page.keyboard.press('Tab');
  const skip = path === patientsLink || await who.page.evaluate(() => document.activeElement?.className === 'skip');
  const page = called(path) + (state ? ` ${state}` : '');
  const name = `${role}${page.replaceAll('/', '_').replace(/[{}]/g, '').replace(' ', '-') || '_'}.${language}.${width}`;
  await who.page.evaluate(() => document.activeElement?.blur());
  await who.page.screenshot({ path: join(folder, 'pictures', `${name}.png`), fullPage: true });
  const which = it => `${it.id}: ${it.nodes[0].target.join(' ')}`;
  found.push({ page, role, language, width, wide, skip, serious: serious.map(which), lesser: lesser.length, lesserWhich: lesser.map(which) });
}
