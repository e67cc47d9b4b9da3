import { checkReceipt } from '@loyalty/event-store/check-receipt';
import type { CommandResult } from '../command.ts';
import { readJson } from '../verify/anchors-file.ts';
import { receiptText } from './receipt-text.ts';

/** Checks a receipt out of its file, with nothing but the file; against anchors kept elsewhere where some are given. */
export async function checkProof(file: string, anchorFile: string | undefined): Promise<CommandResult> {
  const receipt = await readJson(file);
  const checked = checkReceipt(receipt, anchorFile === undefined ? undefined : await readJson(anchorFile));
  return { ok: checked.ok, json: checked, text: receiptText(checked) };
}
