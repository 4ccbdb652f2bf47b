// The month's budget, made as the template says it: the emulator looks at every part of it as AWS does.

import assert from 'node:assert/strict';
import {
  CreateBudgetCommand,
  DescribeNotificationsForBudgetCommand,
  DescribeSubscribersForNotificationCommand,
} from '@aws-sdk/client-budgets';
import { ACCOUNT } from './emulator.ts';
import type { Journey } from './gallery.test.ts';

/** The owner is told before the money is spent. */
export function budgetJourneys(journey: Journey): void {
  journey("the month's budget is one, and its mails go to the owner", async ({ budgets, budget }) => {
    const { Budget, NotificationsWithSubscribers } = budget;
    // A template's number is a text in the call.
    const { Amount, Unit } = Budget?.BudgetLimit ?? {};
    const limit = { Amount: String(Amount), Unit };
    await budgets.send(
      new CreateBudgetCommand({
        AccountId: ACCOUNT,
        Budget: { ...Budget, BudgetLimit: limit } as typeof Budget,
        NotificationsWithSubscribers,
      }),
    );
    const asked = { AccountId: ACCOUNT, BudgetName: Budget?.BudgetName };
    const { Notifications = [] } = await budgets.send(new DescribeNotificationsForBudgetCommand(asked));
    assert.deepEqual(Notifications.map(({ NotificationType }) => NotificationType).sort(), ['ACTUAL', 'FORECASTED']);
    for (const Notification of Notifications) {
      const { Subscribers = [] } = await budgets.send(
        new DescribeSubscribersForNotificationCommand({ ...asked, Notification }),
      );
      assert.deepEqual(
        Subscribers.map(({ SubscriptionType, Address }) => [SubscriptionType, Address]),
        [['EMAIL', 'owner@example.com']],
      );
    }
  });
}
