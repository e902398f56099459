import * as fs from 'node:fs';
import * as path from 'node:path';

import type { Page } from '@playwright/test';

import { Desktop } from '../desktop';
import { recordComplaints } from '../pages/console';
import { HubPage } from '../pages/hub';
import { NotebookPage, printedSha, shaOf } from '../pages/notebook';
import { PanelPage } from '../pages/panel';
import { HubServer } from '../servers/hub';
import { expect, test } from './fixtures';

const CODE = 'Insert code (makes a link when run)';

/** Drop a file, insert it in the open notebook and run it; the kernel reads what was dropped. */
async function doMainJob(
  page: Page,
  panel: PanelPage,
  desktop: Desktop
): Promise<void> {
  const notebook = new NotebookPage(page);
  const file = desktop.file('fields 2026.parquet', 3_000_000);
  await desktop.drop(panel.dropZone, file.path);
  await expect(panel.artifact(file.name)).toBeVisible();
  await panel.insert(file.name, CODE);
  await expect(notebook.cell(0)).toContainText('presigned_url("s3://');
  await notebook.run(0);
  const printed = await notebook.runNew(shaOf('fields_2026_url'));
  expect(printedSha(printed)).toBe(file.sha256);
}

test('the main job on a hub', async ({
  page,
  hub,
  user,
  server,
  hubPage,
  panel,
  desktop
}) => {
  // Given somebody who has logged in to the hub, with a notebook
  const complaints = recordComplaints(page);
  await hubPage.logIn();
  await NotebookPage.create(server, 'main.ipynb', [
    { type: 'code', source: '' }
  ]);
  await panel.open('main.ipynb');
  await new NotebookPage(page).ready();

  // When they sign in by a code, drop a file, insert it and run the cell, then it reads the file
  await panel.signIn('alice');
  await doMainJob(page, panel, desktop);

  // And what is kept is in their home, and the console has no complaint of us
  const kept = path.join(
    hub.folder(user),
    '.local/share/jupyter-openeo-artifacts'
  );
  expect(fs.readdirSync(kept)).toContain('artifacts');
  expect(complaints).toEqual([]);
});

test('two servers of one user: one list, and no upload is taken by both', async ({
  page,
  hub,
  user,
  server,
  hubPage,
  panel,
  desktop,
  provider
}) => {
  // Given a default server where they have signed in, and a named one beside it
  await hubPage.logIn();
  await panel.open();
  await panel.signIn('alice');
  const tab = await page.context().newPage();
  const named = new HubServer(hub, user, 'lab2');
  await new HubPage(tab, named).add('lab2');
  await NotebookPage.create(named, 'main.ipynb', [
    { type: 'code', source: '' }
  ]);
  const second = new PanelPage(tab, named);
  await second.open('main.ipynb');
  await new NotebookPage(tab).ready();

  // Then the login serves both, and so does the list
  await expect(second.button('Account')).toBeVisible();
  const tabDesktop = new Desktop(tab, hub.files);
  await doMainJob(tab, second, tabDesktop);
  await page.bringToFront();
  await expect(panel.artifact('fields 2026.parquet')).toBeVisible();

  // When the named one has an upload that waits for storage, and the default one begins anew
  await provider.stopStorage();
  try {
    const file = desktop.file('one.bin', 400_000);
    await tab.bringToFront();
    await tabDesktop.drop(second.dropZone, file.path);
    await expect.poll(() => named.received(file.name)).toBe(file.size);
    await page.bringToFront();
    await hubPage.stop();
    await hubPage.start();
    await panel.open();
    await expect(panel.button('Account')).toBeVisible();

    // Then the default one leaves it alone, and it is staged once
    expect(await server.received(file.name)).toBeNull();
    await provider.startStorage();
    await tab.bringToFront();
    await expect(second.artifact(file.name)).toBeVisible();
    expect(await server.received(file.name)).toBeNull();
    const { objects, uploads } = await provider.inventory();
    expect(objects.filter(key => key.endsWith('/one.bin'))).toHaveLength(1);
    expect(uploads).toEqual([]);
  } finally {
    await provider.startStorage();
  }
});
