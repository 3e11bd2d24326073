// SPDX-License-Identifier: BSL-1.0
/// Includes every public header of coil's synchronisation.
#pragma once
