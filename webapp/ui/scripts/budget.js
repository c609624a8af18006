// What a visitor loads before the first page: the entry and all that it needs at once, gzipped, with one language and the login page.
// More JavaScript than the budget fails the build.
//   budget.js DIRECTORY   of what was built
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 120 * 1024
const dist = new URL(`../${process.argv[2] ?? 'dist'}/`, import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

/** Files that a chunk needs at once, itself too. */
function withImports(name, found = new Set()) {
  const chunk = manifest[name]
  if (!chunk || found.has(chunk.file)) return found
  found.add(chunk.file)
  for (const needed of chunk.imports ?? []) withImports(needed, found)
  return found
}

const size = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
const files = new Set(
  ['index.html', 'src/i18n/ru.ts', 'src/views/LoginView.vue'].flatMap((name) => [...withImports(name)]),
)
const total = [...files].reduce((sum, file) => sum + size(file), 0)
for (const file of files) console.log(`${String(size(file)).padStart(8)}  ${file}`)
console.log(`initial JavaScript: ${(total / 1024).toFixed(1)} kB gzip, of ${BUDGET / 1024}`)
if (total > BUDGET) {
  console.error('budget: more JavaScript at once than a visitor may be asked to load')
  process.exit(1)
}
