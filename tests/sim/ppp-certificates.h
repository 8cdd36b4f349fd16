/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ppp-certificates.h - a CA, a server "server.example.org" and a client below it, and a CA that has
 * nothing to do with them; P-256, valid from 2020 to 2120, keys known to all. */
#pragma once

#define TEST_CA                                                          \
    "-----BEGIN CERTIFICATE-----\n"                                      \
    "MIIBUDCB96ADAgECAgEBMAoGCCqGSM49BAMCMBcxFTATBgNVBAMMDGFkaXQgdGVz\n" \
    "dCBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFzEVMBMGA1UE\n" \
    "AwwMYWRpdCB0ZXN0IENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/wjkVdPQ\n" \
    "l0jDE/yJWC5mrqs1v7dsP0tg2OAkbWXD+XNtaPOJpEe4phH/WJ7LOVGOOy6zjGrN\n" \
    "xBBs/8Ke6298xKMyMDAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUhMBy2BkL\n" \
    "H6OPDdrQ2OL5nHb7vaIwCgYIKoZIzj0EAwIDSAAwRQIgVox8Yd3m1GJobCWWrgve\n" \
    "L1bTRKE4AXl6sia11geQYkQCIQDS5eFSaVAihv1cHqEyu3w5i9zCly44k3v/ptea\n" \
    "RbWl0w==\n"                                                         \
    "-----END CERTIFICATE-----\n"

#define TEST_OTHER_CA                                                    \
    "-----BEGIN CERTIFICATE-----\n"                                      \
    "MIIBVjCB/aADAgECAgECMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD2Fub3RoZXIg\n" \
    "dGVzdCBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGjEYMBYG\n" \
    "A1UEAwwPYW5vdGhlciB0ZXN0IENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n" \
    "5M1fLNW5iyBn6D25YeKID/iCyl7F8/vApf5WC4/9ggsAsyCjCfN7nQpNxJ6fHydH\n" \
    "4/4BVGqb/yc7NL5xjFiXM6MyMDAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQU\n" \
    "/v6/hzqs8Ar5dYTFSwylGelHcdowCgYIKoZIzj0EAwIDSAAwRQIhALja46R+R2BI\n" \
    "wFzW9DDwyTbmCIThX9sXUAkIVyLIhLLJAiB9g6BI7AneNFy/NUjoHcdWD/Bo7NLr\n" \
    "ipjAMb7iPiI4dQ==\n"                                                 \
    "-----END CERTIFICATE-----\n"

#define TEST_SERVER                                                      \
    "-----BEGIN CERTIFICATE-----\n"                                      \
    "MIIBjzCCATWgAwIBAgIBAzAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxhZGl0IHRl\n" \
    "c3QgQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBExDzANBgNV\n" \
    "BAMMBnNlcnZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJ57NCp7x1fbrhei\n" \
    "LnpbW7LJ1QbFiUdGsaugySXbusn1P9oAGX26jCuDwSUpuJ6mqGZL3Wv6n+Jd8DmM\n" \
    "8haY0vKjdjB0MB0GA1UdEQQWMBSCEnNlcnZlci5leGFtcGxlLm9yZzATBgNVHSUE\n" \
    "DDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUH4PxYqDYC0GkC9nILORoK5dws8swHwYD\n" \
    "VR0jBBgwFoAUhMBy2BkLH6OPDdrQ2OL5nHb7vaIwCgYIKoZIzj0EAwIDSAAwRQIh\n" \
    "APYcbmf1Jzdgjxeb9PPCDhofDwEYGcs6uofXy0wlxHcRAiA9WrzpcJvQwH4+/cMo\n" \
    "WrXN4Pw7EHwQnInDNtywywifmA==\n"                                     \
    "-----END CERTIFICATE-----\n"

#define TEST_SERVER_KEY                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3DctJddQvnXoqNma\n" \
    "DUqvSLseOwQYtSWhUfLeVzqwnY+hRANCAASeezQqe8dX264Xoi56W1uyydUGxYlH\n" \
    "RrGroMkl27rJ9T/aABl9uowrg8ElKbiepqhmS91r+p/iXfA5jPIWmNLy\n"         \
    "-----END PRIVATE KEY-----\n"

#define TEST_CLIENT                                                      \
    "-----BEGIN CERTIFICATE-----\n"                                      \
    "MIIBbzCCARagAwIBAgIBBDAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxhZGl0IHRl\n" \
    "c3QgQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBExDzANBgNV\n" \
    "BAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMTrZULfcDuF1vjQ\n" \
    "uaESAT7vPnAW2pZaVcqeMw81Jlqa2PQhBE6HK7t2Nft9uJcHaDdCBKpZt4E58IOp\n" \
    "99qBvnejVzBVMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB0GA1UdDgQWBBRfUMazF1zz\n" \
    "ZqpkIuBGuDd8vcRMvTAfBgNVHSMEGDAWgBSEwHLYGQsfo48N2tDY4vmcdvu9ojAK\n" \
    "BggqhkjOPQQDAgNHADBEAiACDjsTATB7YjuhK7augz+ewAFUC/FiqTDhzylnBYWd\n" \
    "kAIgD2l38K9/bdfgOJ2FZhIzUFleJ+V4YXAZebrYg7CVSyM=\n"                 \
    "-----END CERTIFICATE-----\n"

#define TEST_CLIENT_KEY                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUWhGT+SHiWyvl8Aw\n" \
    "P5JVjZiu6GSmz+6qUCzp5WaEUbmhRANCAATE62VC33A7hdb40LmhEgE+7z5wFtqW\n" \
    "WlXKnjMPNSZamtj0IQROhyu7djX7fbiXB2g3QgSqWbeBOfCDqffagb53\n"         \
    "-----END PRIVATE KEY-----\n"

/* The same key behind this passphrase. */
#define TEST_PASSPHRASE "open sesame"
#define TEST_LOCKED_KEY                                                  \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiGpoET7Nls8AICCAAw\n" \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOxu0Gw4WbYDEj/obRJ8L/MEgZAP\n" \
    "yzWRuTolQboTbtMQFwnpFPSYwTHlO7nt7GWKR2U6sylHBtDoxOtR+giBhfFAyHvj\n" \
    "eIvbonbMDwzbhM0VyEbD/BRd1u27NP3HsRznxujP1qoCbSaKgoo1q9XRTXdxMrVK\n" \
    "Xy9pevoqkvFwRZnlxVcVGZN//4Q7plbHwz3P7Jv3cfHVt9Xlnp22Z8nlx4mM8lg=\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"
