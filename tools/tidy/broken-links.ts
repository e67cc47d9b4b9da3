import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { repository, type SourceFile } from './source-files.ts';

const link = /\[[^\]]*\]\(([^)\s]+)\)/g;
const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** The anchor that a heading gets on the usual forges. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm);
  return new Set([...headings].map(([, heading = '']) => anchorOf(heading)));
}

/** Links of Markdown files to files or headings of the repository that are not there. */
export function brokenLinks(files: readonly SourceFile[]): string[] {
  const pages = new Map(files.filter((file) => file.path.endsWith('.md')).map((file) => [file.path, file.text]));
  return [...pages].flatMap(([path, text]) =>
    [...withoutCode(text).matchAll(link)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const to = file === '' ? path : posix.join(posix.dirname(path), file);
        if (!existsSync(posix.join(repository, to))) return true;
        return anchor !== undefined && !anchorsOf(pages.get(to) ?? '').has(anchor);
      })
      .map((target) => `${path} → ${target}`),
  );
}
