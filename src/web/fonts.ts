// Noto Sans SC in two weights, served by us, in slices the browser asks for as it needs them.
import '@fontsource/noto-sans-sc/400.css'
import '@fontsource/noto-sans-sc/700.css'
