import { expect, Locator, Page } from '@playwright/test';

import type { IRestAPI } from '../servers/lab';

const KERNEL = {
  kernelspec: {
    display_name: 'Python 3 (ipykernel)',
    language: 'python',
    name: 'python3'
  },
  language_info: { name: 'python' }
};

/** Prints the SHA-256 of what a URL answers; the URL is the value of the expression. */
export function shaOf(expression: string): string {
  return [
    'import hashlib, urllib.request',
    `with urllib.request.urlopen(${expression}) as answer:`,
    '    print("sha256", hashlib.sha256(answer.read()).hexdigest())'
  ].join('\n');
}

/** A notebook with a real kernel. */
export class NotebookPage {
  /** Make a notebook in the folder that Jupyter shows. */
  static async create(
    lab: IRestAPI,
    name: string,
    cells: { type: 'code' | 'markdown'; source: string }[] = []
  ): Promise<void> {
    await lab.api('PUT', `api/contents/${name}`, {
      type: 'notebook',
      format: 'json',
      content: {
        metadata: KERNEL,
        nbformat: 4,
        nbformat_minor: 5,
        cells: cells.map(({ type, source }, index) => ({
          id: `cell-${index}`,
          cell_type: type,
          source,
          metadata: {},
          ...(type === 'code' ? { outputs: [], execution_count: null } : {})
        }))
      }
    });
  }

  constructor(private readonly _page: Page) {}

  get cells(): Locator {
    return this._page.locator('.jp-Notebook .jp-Cell');
  }

  cell(index: number): Locator {
    return index < 0 ? this.cells.last() : this.cells.nth(index);
  }

  async source(index: number): Promise<string> {
    const lines = await this.cell(index).locator('.cm-line').allInnerTexts();
    return lines.join('\n');
  }

  /** Wait until the kernel is idle, that is, until a cell can be run. */
  async ready(): Promise<void> {
    await expect(
      this._page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    ).toBeVisible();
  }

  /** Put the cursor into a cell. */
  async edit(index: number): Promise<void> {
    await this.cell(index)
      .locator('.cm-content')
      .click({
        // At the beginning: in the middle of a long line the editor would scroll sideways.
        position: { x: 8, y: 8 }
      });
  }

  /** Run a cell and return what it printed. */
  async run(index: number, timeout = 120_000): Promise<string> {
    const prompt = this.cell(index).locator('.jp-InputPrompt');
    const before = await prompt.innerText();
    // JupyterLab drops what is run in the moment in which a kernel's session comes to be,
    // sometimes after it has said [*].
    await expect(async () => {
      await this.edit(index);
      await this._page.keyboard.press('Control+Enter');
      await expect(prompt).not.toHaveText(before, { timeout: 3_000 });
      await expect(prompt).not.toHaveText(/\[\*\]/, { timeout });
      await this.ran(index, 1_000);
    }).toPass({ timeout: timeout + 60_000 });
    return this.output(index);
  }

  /** Wait until a cell has run. */
  async ran(index: number, timeout = 120_000): Promise<void> {
    const prompt = this.cell(index).locator('.jp-InputPrompt');
    await expect(prompt).toHaveText(/\[\d+\]/, { timeout });
  }

  /** What a cell has printed. */
  async output(index: number): Promise<string> {
    const outputs = this.cell(index).locator('.jp-OutputArea-output');
    return (await outputs.allInnerTexts()).join('\n');
  }

  /** Add a cell at the end, run it and return what it printed. */
  async runNew(source: string, timeout = 120_000): Promise<string> {
    await this.add(source);
    return this.run(-1, timeout);
  }

  /** Add a cell at the end with this text and put the cursor into it. */
  async add(source: string): Promise<void> {
    await this.edit(-1);
    await this._page.keyboard.press('Escape');
    await this._page.keyboard.press('b');
    await this._page.keyboard.press('Enter');
    // As one insertion: typed keys would be indented and closed by the editor.
    await this._page.keyboard.insertText(source);
  }
}

/** The digits that `shaOf` printed. */
export function printedSha(output: string): string {
  const found = /sha256 ([0-9a-f]{64})/.exec(output);
  if (found === null) {
    throw new Error(`No SHA-256 in this output:\n${output}`);
  }
  return found[1]!;
}
