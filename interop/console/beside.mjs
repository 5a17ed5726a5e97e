// A node beside an agency's data: let in by the operator, told of on the page
// *Data*, asked for a demonstration, and its data withdrawn at the end.

import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, fill, follow, must, text, until } from './visitor.mjs';

// What the data are called.
const NAME = '소득 조사';

export class Node {
  constructor(program, folder, table) {
    this.program = program;
    this.folder = folder;
    mkdirSync(join(folder, 'data'), { recursive: true });
    this.file = join(folder, 'data', `${NAME}.parquet`);
    copyFileSync(table, this.file);
    this.modu('init', '--organisation', '수요부처 노드', '--identity', 'https://agency.example/node',
      '--origin', 'log.agency.example/node');
    this.key = JSON.parse(this.modu('--json', 'node', '--show-key')).key;
  }

  modu(...words) {
    return execFileSync(this.program, ['--home', join(this.folder, 'home'), ...words], { encoding: 'utf8' });
  }

  // The operator lets it in for an agency, and it starts.
  async enter(operator, root, agency) {
    await operator.go('/data');
    await follow(operator.page, '/nodes');
    await fill(operator.page, '/nodes', { organisation: agency, name: '서울 센터', key: this.key });
    const token = await operator.page.$eval('.notice code', it => it.innerText);
    writeFileSync(join(this.folder, 'token'), token, { mode: 0o600 });
    const said = openSync(join(this.folder, 'said'), 'a');
    this.process = spawn(this.program, ['--home', join(this.folder, 'home'), 'node', '--server', root,
      '--data', join(this.folder, 'data'), '--token-file', join(this.folder, 'token'), '--sandbox', 'lenient'],
    { stdio: ['ignore', said, said] });
  }

  // Its data as the page tells of them: the address of their own page.
  async data(agency) {
    const row = () => agency.page.$$eval('main tbody tr', (rows, name) => {
      const row = rows.find(it => it.querySelector('th')?.innerText === name);
      return row && { path: row.querySelector('a').getAttribute('href'), words: row.innerText };
    }, NAME);
    const found = await until('the page Data tells of what the node has', async () => {
      await agency.go('/data');
      return row();
    });
    must(`it tells where they are (${found.words})`, found.words.includes('서울 센터') && !found.words.includes('No longer there'));
    return found.path;
  }

  // A demonstration on them, after which the page tells what has left.
  async demonstrate(agency, project, data) {
    await agency.go('/');
    await agency.go(project);
    await fill(agency.page, `${project}/demonstrate`, { proposal: [true], dataset: data.split('/').at(-1) });
    const job = at(agency.page);
    await until('the node has done its job', async () => {
      const state = await agency.page.$eval('#live .badge', it => it.innerText).catch(() => undefined);
      must(`the node's job goes on (${state})`, ![`Failed`, 'Called off'].includes(state));
      return state === 'Done';
    }, 400);
    await agency.go('/data');
    await follow(agency.page, data);
    const told = await text(agency.page);
    must('only the released report has left', told.includes('No row ever came to this server') && told.includes('released.json'));
    must('how often they may answer is told', /All suppliers\s+\d+\s+\d+/.test(told));
    return job;
  }

  // Data that are withdrawn are not told of as there.
  async withdraw(agency, project, data) {
    rmSync(this.file);
    await until('the page tells that they are no longer there', async () => {
      await agency.go('/data');
      return (await text(agency.page)).includes('No longer there');
    });
    await agency.go(data);
    const told = await text(agency.page);
    must('what left before is still told', told.includes('withdrawn at their node') && told.includes('released.json'));
    await agency.go(project);
    const offered = await agency.page.$$eval(`form[action="${project}/demonstrate"] option`, options => options.map(it => it.innerText));
    must(`nothing more can be asked of them (${offered})`, offered.length > 0 && !offered.some(it => it.includes(NAME)));
  }

  stop() {
    this.process?.kill('SIGTERM');
  }
}
