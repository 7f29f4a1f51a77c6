-- A copy for tests must not speak for the merchant.
UPDATE distribution_wechat_account
   SET app_secret = NULL,
       token = NULL;
