// Drives the console in headless Chromium as people would who have no mouse:
// from a need to adoption across the roles, with a demonstration that is watched
// as it goes on and one beside an agency's own data; then every page in both
// languages, as wide as a small phone, a phone and a desk, each looked through
// by axe-core and photographed, and some printed.
//
//   node journey.mjs SETTINGS.json
//
// Prints one JSON document: what was done, and each page's findings.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node } from './beside.mjs';
import { callOff, watch, withoutScript } from './live.mjs';
import { Looking } from './look.mjs';
import { at, complaints, fill, fillForm, follow, keyboard, must, start, text, welcome } from './visitor.mjs';

const { modules, chromium, root, operatorLink, folder, patientsLinks, program, table } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// Titles that are meant to be more than text: they must be shown and never run.
const HOSTILE = `'"><script>alert('한글')</script> 민원 분류 <img src=x onerror=alert(1)> &amp;`;
const { browser, visitor } = await start(modules, chromium, root);
const steps = [];
// What pages are called whose numbers are those of this run.
const known = patientsLinks.map(link => [link, '/shown/{link}']);
const looking = new Looking(modules, folder, () => known);
// A page with the forms of its time, which are gone once the project goes on.
async function glance(who, role, state) {
  const path = at(who.page);
  for (const language of ['ko', 'en']) {
    for (const width of ['phone', 'desk']) await looking.look(path, who, role, language, width, { state });
  }
}

// The operator lets everybody in.
const operator = await welcome(visitor, operatorLink, root, 'operator');
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
  for (const form of await operator.page.$$('form[action="/people/enrol"]')) {
    if (await form.$eval('input[name="organisation"]', it => it.value) !== organisation) continue;
    await fillForm(operator.page, form, { name, role });
    const link = await operator.page.$eval('.notice code', it => it.innerText);
    return welcome(visitor, link, root, name);
  }
  throw new Error(`no form to enrol ${name}`);
}
const own = await operator.go('/people').then(() => operator.page.$eval('input[name="organisation"]', it => it.value));
const ministrys = await numbered('수요부처');
const ministry = await person(ministrys, 'ministry', 'DemandAgency');
const agency = await person(await organisation('조달청 (시험)', 'DemandAgency'), 'agency', 'DemandAgency');
const supplier = await person(await organisation(`가람 ${HOSTILE}`, 'Supplier'), 'supplier', 'Supplier');
const evaluator = await person(own, 'evaluator', 'Evaluator');
const auditor = await person(await organisation('감사원 (시험)', 'Auditor'), 'auditor', 'Auditor');
steps.push('organisations and people of five roles were let in by one-time links');

// What stands there already: the demonstration, its criteria and a solution.
await ministry.go('/');
const demonstrated = await ministry.page.$$eval('.cards h3 a', links => links.at(-1).getAttribute('href'));
known.push([demonstrated, '/projects/{demonstrated}']);
await follow(ministry.page, demonstrated);
const [criteria, ...solutions] = await ministry.page.$$eval('main code', codes => codes.map(it => it.innerText.trim()));
must('the criteria and the solutions are named by their digests', solutions.length === 4 && /^sha256:/.test(criteria));

// A need, its call, a proposal: each goes on from the page of what waits.
const deskOf = async who => { await who.go('/'); await follow(who.page, '/desk'); return text(who.page); };
await follow(ministry.page, '/needs/new');
await fill(ministry.page, '/needs/new', { title: HOSTILE, description: `접수된 민원을\n담당 부서로 나눕니다. ${HOSTILE}`, need: criteria });
const project = at(ministry.page);
known.push([project, '/projects/{new}']);
must('the need stands on its page as it was written', (await text(ministry.page)).includes(HOSTILE));
must('the need waits on the operator\'s desk', (await deskOf(operator)).includes('Open the call'));
await follow(operator.page, project);
await glance(operator, 'operator', 'at its need');
// The field takes whole minutes: the next one that leaves time to propose.
const ends = new Date(Math.ceil((Date.now() + 30000) / 60000) * 60000);
const korean = new Date(ends.getTime() + 9 * 3600000).toISOString().slice(0, 16);
await fill(operator.page, `${project}/open-call`, { closes: korean });
must('the call waits on the supplier\'s desk', (await deskOf(supplier)).includes('Propose'));
await follow(supplier.page, project);
await glance(supplier, 'supplier', 'at its call');
await fill(supplier.page, `${project}/propose`, { title: `가람 민원 분류기 ${HOSTILE}`, summary: HOSTILE, solution: solutions[1] });
must('the proposal is not shown to the public', !(await (async () => { const it = await visitor(); await it.go(project); return text(it.page); })()).includes('가람 민원 분류기'));
steps.push('an agency published a need with registered criteria, a call was opened, a supplier proposed; titles of markup and script, in Korean too, are shown and not run');

// Meanwhile: a need that nobody needs any more is closed.
await ministry.go('/');
await follow(ministry.page, '/needs/new');
await fill(ministry.page, '/needs/new', { title: '그만둘 수요', description: '필요가 없어졌습니다.' });
const given = at(ministry.page);
await deskOf(operator);
await follow(operator.page, given);
await fill(operator.page, `${given}/close`, { reason: '다른 사업과 합칩니다.' });
must('the project is closed, with its history', await operator.page.$eval('.phases .now', it => it.innerText.includes('Closed')) && (await text(operator.page)).includes('다른 사업과 합칩니다.'));
must('a closed project takes no step', await operator.page.$('.desk') === null);
steps.push('the operator closed a project with reasons; it takes no further step and keeps its history');

// What was demonstrated is taken over by another agency.
await agency.go('/');
await follow(agency.page, demonstrated);
must('the demonstrated solution can be taken over', await agency.page.$(`form[action="${demonstrated}/adopt"]`));
await fill(agency.page, `${demonstrated}/adopt`);
must('it is in use here', (await text(agency.page)).includes('조달청 (시험)'));
steps.push('another agency took into use what the gate had let through, and could not what it had refused');

// The evidence of a refused solution, for its supplier to verify and replay.
const refused = await agency.page.$$eval('main table tr', rows => {
  const row = rows.find(it => it.querySelector('.verdict.bad'));
  return row?.querySelector('a[href^="/evidence/"]').getAttribute('href');
});
must('a solution was refused, with evidence', refused);
await follow(agency.page, refused);
const run = await agency.page.$$eval('main section p a[href^="/evidence/"]', links => links.map(it => it.getAttribute('href')).find(it => /^\/evidence\/\d+$/.test(it)));
must('its page leads to the run that it rests on', run);
known.push([refused, '/evidence/{refused}'], [run, '/evidence/{run}']);
const save = async (path, name) => writeFileSync(join(folder, name), await (await fetch(new URL(path, root))).text());
await save(`${refused}/bundle`, 'refused.json');
await save('/trusted-root', 'trusted_root.json');
steps.push('the evidence of a refused solution was downloaded');

// The agency whose data they are sees the pictures of its own report, and
// nobody else does.
const figures = who => who.page.$$eval('main img.drawn', images => images.length);
await ministry.go(demonstrated);
await follow(ministry.page, `${demonstrated}/results`);
const drawn = await figures(ministry);
must(`the report's pictures are on the page of results (${drawn})`, drawn >= 4);
for (const language of ['ko', 'en']) {
  await ministry.go(`/language/${language}?to=${demonstrated}/results`);
  const broken = await ministry.page.evaluate(async () => {
    const images = [...document.querySelectorAll('main img')];
    for (const it of images) it.loading = 'eager';
    await Promise.all(images.map(it => it.complete || new Promise(done => { it.onload = it.onerror = done; })));
    return images.filter(it => it.naturalWidth === 0).length;
  });
  must(`each of them is shown in ${language}`, broken === 0);
}
await agency.go(`${demonstrated}/results`);
must('another agency sees the released report alone', await figures(agency) === 0);
steps.push(`the agency looked at the ${drawn} pictures of its own report beside the comparison, in both languages; another agency has only what was released`);

// Scoring and selection, after the call's end.
await new Promise(resolve => setTimeout(resolve, Math.max(0, ends.getTime() + 1000 - Date.now())));
await deskOf(operator);
await follow(operator.page, project);
await glance(operator, 'operator', 'at its call');
// The evaluator of this run, and nobody else.
const place = await operator.page.$$eval(`form[action="${project}/close-call"] label.choice`, labels => labels.findIndex(it => it.innerText.trim() === 'evaluator'));
must('the evaluator can be named', place >= 0);
await fill(operator.page, `${project}/close-call`, { evaluator: [...Array(place).fill(undefined), true] });
must('a sheet waits on the evaluator\'s desk', (await deskOf(evaluator)).includes('Seal a sheet'));
// Another one is appointed and, as they are away, released again.
const another = await operator.page.$eval(`form[action="${project}/appoint-evaluator"] option`, it => [it.value, it.innerText]);
await fill(operator.page, `${project}/appoint-evaluator`, { evaluator: another[0] });
await glance(operator, 'operator', 'while it is judged');
must('sheets of both are waited for', (await text(operator.page)).includes('Sheets still to come: 2'));
await fill(operator.page, `${project}/release-evaluator`, { evaluator: another[0], reason: `해외 출장 ${HOSTILE}` });
must('one of them is waited for no longer, and why is told', (await text(operator.page)).includes('Sheets still to come: 1') && (await text(operator.page)).includes('해외 출장'));
steps.push('the operator appointed another evaluator and released them again, with the reason, while sheets were still to come');
await follow(evaluator.page, project);
await glance(evaluator, 'evaluator', 'while it is judged');
await fill(evaluator.page, `${project}/score`, { points: ['35', '25', '12', '13'], comment: HOSTILE });
await deskOf(operator);
await follow(operator.page, project);
await fill(operator.page, `${project}/open-scores`);
await glance(operator, 'operator', 'at its selection');
await fill(operator.page, `${project}/select`, { proposal: [true], reason: `점수가 충분합니다. ${HOSTILE}` });
must('the project is at its demonstration', await operator.page.$eval('.phases .now', it => it.innerText.includes('Demonstration')));
steps.push('an evaluator sealed a sheet, sheets were opened together, the proposal was selected');

// The demonstration, on the agency's own data, and what follows from it.
let job;
let atNode;
const ask = async () => {
  await ministry.go('/');
  await follow(ministry.page, project);
  await fill(ministry.page, `${project}/demonstrate`, { proposal: [true] });
  must('asking leads to the job', /^\/jobs\/\d+$/.test(at(ministry.page)));
  return at(ministry.page);
};
await ministry.go('/');
await follow(ministry.page, project);
await glance(ministry, 'agency', 'at its demonstration');
let calledOff = false;
for (let attempt = 0; attempt < 3 && !calledOff; attempt++) calledOff = await callOff(ministry, await ask());
must('a demonstration was called off while it went on', calledOff);
steps.push('the agency called a demonstration off while it went on');
job = await ask();
known.push([job, '/jobs/{new}']);
const changes = await Promise.all([watch(ministry, job), withoutScript(ministry, root, job)]);
steps.push(`a demonstration was watched to its end: the page changed by events of the server without being loaded anew, and beside it the same page without script told the same at each look`);
must('it was seen to change', changes[0] >= 2);
await follow(ministry.page, project);
must('the gate let it through', await ministry.page.$('main table .verdict.good'));
await fill(ministry.page, `${project}/adopt`);
must('the project is adopted', await ministry.page.$eval('.phases .now', it => it.innerText.includes('Adopted')));
steps.push('the agency demonstrated it on its own data: a job ran it, the gate let it through, the agency adopted it');
steps.push(`all of it by keyboard alone: each of ${keyboard.stops} fields, links and buttons was reached by Tab, and one saw where the keyboard was`);

// Beside the agency's own data, which never come here.
const node = new Node(program, join(folder, 'node'), table);
try {
  await node.enter(operator, root, ministrys);
  atNode = await node.data(ministry);
  known.push([atNode, '/data/{at the node}']);
  await node.demonstrate(ministry, project, atNode);
  steps.push('a node was let in beside an agency\'s data and ran a demonstration there; the page of the data tells where they are, that the released report alone has left, and how much of their budget is spent');
  await node.withdraw(ministry, project, atNode);
  steps.push('data that were withdrawn at the node are not told of as there, and nothing more can be asked of them');
} finally {
  node.stop();
}

// Links to a patient's page: each is ended by itself.
const opens = async link => (await fetch(new URL(link, root))).status;
must('both links open', await opens(patientsLinks[0]) === 200 && await opens(patientsLinks[1]) === 200);
await operator.go('/engines/care');
await follow(operator.page, '/shown');
const before = await operator.page.$$('form[action^="/shown/"]');
must(`two links are listed (${before.length})`, before.length === 2);
// The newest stands first.
await fillForm(operator.page, before[0]);
must('one link is ended and the other goes on', await opens(patientsLinks[1]) === 404 && await opens(patientsLinks[0]) === 200);
await auditor.go('/shown');
must('the auditor sees them and ends none', (await auditor.page.$$('form[action^="/shown/"]')).length === 0 && (await auditor.page.$$('main tbody tr')).length === 2);
steps.push('links to a patient\'s page are listed without address or patient, and the operator ended one of two');

// Every page, by whoever sees most of it.
const nobody = await visitor();
const PAGES = [
  ['/', nobody, 'public'], ['/sign-in', nobody, 'public'], [demonstrated, nobody, 'public'], [`${demonstrated}/results`, nobody, 'public'],
  ['/evidence', nobody, 'public'], [refused, nobody, 'public'], [run, nobody, 'public'],
  ['/engines', nobody, 'public'], ['/engines/proof', nobody, 'public'], ['/engines/route', nobody, 'public'],
  ['/nothing/here', nobody, 'public'],
  ['/engines/vuln', auditor, 'auditor'], ['/engines/care', auditor, 'auditor'], ['/history', auditor, 'auditor'],
  ['/people', operator, 'operator'], [project, operator, 'operator'], ['/keys', operator, 'operator'],
  ['/desk', operator, 'operator'], ['/system', operator, 'operator'], ['/shown', operator, 'operator'], ['/nodes', operator, 'operator'],
  ['/needs/new', ministry, 'agency'], [project, ministry, 'agency'], [job, ministry, 'agency'], [`${project}/results`, ministry, 'agency'],
  ['/data', ministry, 'agency'], ['/data/1', ministry, 'agency'], [atNode, ministry, 'agency'], ['/nodes', ministry, 'agency'], ['/notices', ministry, 'agency'],
  ['/webhooks', ministry, 'agency'], ['/second-factor', operator, 'operator'], ['/account', operator, 'operator'],
  ['/desk', evaluator, 'evaluator'], [project, evaluator, 'evaluator'], ['/desk', supplier, 'supplier'], [project, supplier, 'supplier'],
];
for (const [path, who, role] of PAGES) {
  for (const language of ['ko', 'en']) {
    for (const width of ['phone', 'desk']) await looking.look(path, who, role, language, width);
    await looking.squeeze(path, who, role, language);
  }
}
// The patient's page runs nothing, so that axe-core needs a way around its policy.
const patient = await visitor();
await patient.page.setBypassCSP(true);
await looking.look(patientsLinks[0], patient, 'patient', 'ko', 'phone', { alone: true });
steps.push('a patient opened their page by its own link');

// What is put into a file: on paper there is no menu, and a table has its head.
const PRINTED = [
  [demonstrated, nobody, 'public'], [`${demonstrated}/results`, ministry, 'agency'], [project, operator, 'operator'], [run, nobody, 'public'],
  ['/evidence', nobody, 'public'], ['/history', auditor, 'auditor'], ['/people', operator, 'operator'], ['/engines/route', nobody, 'public'],
  ['/engines/vuln', auditor, 'auditor'], ['/engines/care', auditor, 'auditor'], ['/system', operator, 'operator'],
  ['/data', ministry, 'agency'], [atNode, ministry, 'agency'], ['/nodes', operator, 'operator'], ['/shown', operator, 'operator'], ['/', nobody, 'public'],
];
for (const [path, who, role] of PRINTED) {
  for (const language of ['ko', 'en']) await looking.print(path, who, role, language);
}
await browser.close();
console.log(JSON.stringify({ steps, complaints, found: looking.found, printed: looking.printed, run: Number(run.split('/').at(-1)) }));
