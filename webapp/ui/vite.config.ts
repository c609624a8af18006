// How the pages are built: hashed files below assets/, which never change; index.html names them. Nothing is inlined: the
// content security policy allows neither inline scripts nor data: addresses. What many pages need is in few files, for each takes a phone as long
// to ask for as some kilobytes to load: one of styles, one of Vue and its like, one of what pages share. Styles of all
// pages are in a part of their own, before which nothing comes: a component's rule of the same weight wins.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import VueI18n from '@intlify/unplugin-vue-i18n/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const OFFLINE = ['offline.html', 'offline.css']

/** The worker that keeps the page of no network is another one whenever that page is: its cache is named by what is in it. */
const offlineWorker = {
  name: 'offline-worker',
  apply: 'build' as const,
  writeBundle({ dir }: { dir?: string }) {
    const built = (name: string) => join(dir ?? 'dist', name)
    const hash = createHash('sha256')
    for (const name of OFFLINE) hash.update(readFileSync(built(name)))
    const worker = readFileSync(built('sw.js'), 'utf8')
    if (!worker.includes('@CONTENT@')) throw new Error('sw.js has no place for the hash of its content')
    writeFileSync(built('sw.js'), worker.replaceAll('@CONTENT@', hash.digest('hex').slice(0, 16)))
  },
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  plugins: [
    vue(),
    offlineWorker,
    VueI18n({
      include: [here('./src/messages/**/*.json')],
      runtimeOnly: true,
      compositionOnly: true,
      fullInstall: false,
    }),
  ],
  resolve: { alias: { '@': here('./src') } },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', test: /src\/styles|@fontsource/ },
            { name: 'vue', test: /node_modules\/(@?vue|pinia|@intlify|openapi-fetch)/, minShareCount: 2 },
            {
              name: 'shared',
              test: /src\/(components|composables|stores|money|api)\/(?!charts)|lucide/,
              minShareCount: 3,
            },
          ],
        },
      },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
})
