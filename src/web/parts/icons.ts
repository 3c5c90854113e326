// The icon each record type goes by, everywhere the same.
import {
  BankOutlined,
  CheckSquareOutlined,
  FunnelPlotOutlined,
  IdcardOutlined,
  MessageOutlined,
  ShoppingOutlined,
  TeamOutlined,
  UserOutlined,
} from '@ant-design/icons'
import type { ComponentType } from 'react'

const icons: Readonly<Record<string, ComponentType>> = {
  account: BankOutlined,
  contact: IdcardOutlined,
  lead: FunnelPlotOutlined,
  deal: ShoppingOutlined,
  followup: MessageOutlined,
  task: CheckSquareOutlined,
  team: TeamOutlined,
}

export const iconOf = (type: string): ComponentType => icons[type] ?? UserOutlined
