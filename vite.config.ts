// How the pages are built: src/web → dist/web, every asset a file of its own (the server's CSP allows no data: fonts or scripts).
import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The font lists .woff beside .woff2; every browser we support reads the latter, so the former is not shipped. */
const woff2Only = {
  name: 'woff2-only',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    if (!/noto-sans-sc.*\.css/.test(id)) return null
    return { code: code.replaceAll(/,\s*url\([^)]*\.woff\)\s*format\('woff'\)/g, ''), map: null }
  },
}

/** Dialogs would lock the scrolling of the body by a style without a nonce; our body never scrolls, so nothing is to lock. */
const noScrollLock = {
  name: 'no-scroll-lock',
  transform(_code: string, id: string) {
    if (!/@rc-component\/portal\/es\/useScrollLocker\.js/.test(id)) return null
    return { code: 'export default function useScrollLocker() {}', map: null }
  },
}

export default defineConfig({
  root: fileURLToPath(new URL('./src/web', import.meta.url)),
  base: '/',
  plugins: [woff2Only, noScrollLock, react()],
  build: {
    outDir: fileURLToPath(new URL('./dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
})
