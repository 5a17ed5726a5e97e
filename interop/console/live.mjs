// A demonstration while it goes on: what the page shows changes by itself where
// script runs, and by a link where none does.

import { at, fill, follow, must, until } from './visitor.mjs';

const state = page => page.$eval('#live .badge', it => it.innerText).catch(() => undefined);

// Looks on from the asking to the end, and never loads the page anew.
export async function watch(who, job) {
  const told = [];
  who.page.on('response', response => {
    const request = response.request();
    told.push({ path: new URL(response.url()).pathname, kind: response.headers()['content-type'] ?? '', type: request.resourceType() });
  });
  // What was seen in one document, without another being loaded between.
  await who.page.evaluateOnNewDocument(() => {
    addEventListener('DOMContentLoaded', () => {
      window.seen = [];
      const look = () => {
        const part = document.getElementById('live')?.innerText;
        if (part && window.seen.at(-1) !== part) window.seen.push(part);
      };
      look();
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    });
  });
  await who.go(job);
  let most = 0;
  await until('the job comes to its end in the browser', async () => {
    most = Math.max(most, await who.page.evaluate(() => window.seen?.length ?? 0).catch(() => 0));
    const now = await state(who.page);
    must(`the job goes on (${now})`, [undefined, 'Waiting', 'Running', 'Done'].includes(now));
    return now === 'Done';
  }, 300);
  must('what is shown changed while the page stayed', most >= 2);
  const stream = told.find(it => it.path === `${job}/events`);
  must(`events came as a stream (${JSON.stringify(stream)})`, stream?.type === 'eventsource' && stream.kind.startsWith('text/event-stream'));
  must('the page was not asked for besides', !told.some(it => it.path === job && it.type === 'fetch'));
  // Ours at the beginning, and the script's at the end.
  must('the page was loaded at the end alone', told.filter(it => it.path === job && it.type === 'document').length === 2);
  return most;
}

// The same without script: what goes on is told at each look.
export async function withoutScript(who, root, job) {
  const page = await who.open();
  await page.setJavaScriptEnabled(false);
  await page.goto(new URL(job, root), { waitUntil: 'load' });
  await until('the job is shown as done without script', async () => {
    const now = await state(page);
    must(`the job goes on without script (${now})`, ['Waiting', 'Running', 'Done'].includes(now));
    if (now === 'Done') return true;
    await follow(page, job);
    return false;
  }, 300);
  await page.close();
}

// Called off in the browser, by keyboard; whether the demonstration had not
// ended before the keyboard was there.
export async function callOff(who, job) {
  await who.go(job);
  const ended = async error => {
    const now = await state(who.page);
    if (now !== 'Done') throw error;
    return false;
  };
  try {
    await fill(who.page, `${job}/cancel`);
  } catch (error) {
    return ended(error);
  }
  must('one is back at the job', at(who.page) === job);
  await until('the job is called off or over', async () => ['Called off', 'Done'].includes(await state(who.page)));
  return (await state(who.page)) === 'Called off';
}
