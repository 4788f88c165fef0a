import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettingsDocuments } from './check-settings.ts';
import { repositoryRoot } from './repository.ts';

/** After a change of the table of settings: writes it into the README and the gateway hook. */
for (const { file, text, wanted } of readSettingsDocuments(repositoryRoot)) {
  if (wanted === undefined) throw new Error(`${file} has no place for the settings`);
  if (wanted === text) continue;
  writeFileSync(join(repositoryRoot, file), wanted);
  console.log(`wrote ${file}`);
}
