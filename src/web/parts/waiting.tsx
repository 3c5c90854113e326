// What is shown while something is on its way: nothing for a moment, then a quiet spinner.
import { Spin } from 'antd'
import type { ReactElement } from 'react'

export const Waiting = (): ReactElement => (
  <div className="waiting" role="status" aria-busy="true">
    <Spin delay={250} />
  </div>
)
