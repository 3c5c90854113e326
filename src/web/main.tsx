// Where the pages begin: texts first, then the app; the Chinese font follows without holding anything up.
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { startText } from './text.ts'
import './style/shell.css'

await startText()
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(<App />)
void import('./fonts.ts')
